"""Scenarios: their definitions, their modifiers while active, their actions, and who starts them.

Pure, as the shop is.  The effect of a modifier is implemented where it applies, in
``simulator.shop``.
"""
