"""How far a bundle holds when the picture gets worse: perturbations over whole parts, recall and overkill by strength.

The pictures go through the runtime's own inspector; nothing here trains or changes a bundle.
"""
