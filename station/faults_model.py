"""The catalogue's lines on models, workers and recipes. Must not know who raises what."""

from __future__ import annotations

from station.fault_codes import FaultCode
from station.fault_kind import event, lasting

MODEL_KINDS = (
    lasting(
        FaultCode.MODEL_REFUSED, "fault", "recipes",
        sentence="The model was refused: {reason}",
        cause="The bundle is damaged, nobody trusted has signed it, it does not give the scores of its golden set on "
        "this machine, or it is too slow for the deadline.",
        action="Install the bundle again, or name another one under 'recipe:'.",
    ),
    lasting(
        FaultCode.WORKER_DIED, "fault", "devices",
        sentence="Classification worker {worker} ended by itself ({reason}). Its parts are rejected.",
        cause="The process was ended from outside (status -9: most often because memory ran out), or the engine "
        "crashed over a picture.",
        action="The station starts it again. If it comes back: look into the log, and at the machine's memory.",
    ),
    lasting(
        FaultCode.WORKER_STAYED_DOWN, "fault", "devices",
        sentence="Classification worker {worker} stays down ({reason}); it is not started again.",
        cause="It ended more than {restarts} times within a minute, or it could not load its model again: the bundle "
        "was exchanged, memory is short, or the engine crashes each time.",
        action="Look into the log for the reason, then restart the station.",
    ),
    lasting(
        FaultCode.WORKER_STUCK, "fault", "devices",
        sentence="Classification worker {worker} has not answered for {for_ms} ms (limit {limit_ms} ms).",
        cause="The worker gets no processor time, or hangs in the engine. Its part was rejected at the deadline.",
        action="The station replaces it. If it comes back: look for another program that loads this machine.",
    ),
    event(
        FaultCode.CLASSIFIER_FAILED, "fault", "devices",
        sentence="A part could not be classified: {reason}. It is rejected.",
        cause="The worker died over this picture, too many pictures waited, or the engine ended with an error.",
        action="If it comes back: install the model bundle again, and look into the log.",
    ),
    lasting(
        FaultCode.MODEL_UNSIGNED, "warning", "recipes",
        sentence="The model of product {product} is not signed: nobody vouches for it ('models.allow_unsigned').",
        cause="The configuration takes this product's bundle without a signature, as one does while a model is tried.",
        action="Let the quality engineer sign the bundle (station model sign), then take the product out of that list.",
    ),
    lasting(
        FaultCode.CHANGEOVER_REFUSED, "fault", "recipes",
        sentence="Recipe {recipe_id} did not take over: {reason} Recipe {active_id} stays in use.",
        cause="A recipe takes over only after its models are loaded, trusted, quick enough and right on their golden "
        "sets; this one was not.",
        action="Do not feed parts of recipe {recipe_id}. Mend what the sentence names and ask for the recipe again, "
        "or ask for the one in use.",
    ),
    event(
        FaultCode.UNKNOWN_RECIPE, "warning", "recipes",
        sentence="Recipe {recipe_id} was asked for by {who}; this station has {known}. Nothing was changed.",
        cause="The number in the order, at the PLC or on the page is not in the configuration: a slip, or the recipe "
        "was not entered yet.",
        action="Ask for one of the recipes that there are, or add it under 'further_recipes:'.",
    ),
)  # fmt: skip
