"""What a network or a bundle is worth on labelled parts, said with its uncertainty.

Scores come from the runtime's own inspector (bundles) or from the float network (runs); everything behind the scores is
the same for both. Knows nothing of training, except the cross-validation.
"""
