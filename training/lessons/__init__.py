"""The built-in lessons: one module a lesson, and the catalogue with the chapters.

Data only: what a lesson asks for is evaluated by ``training.evaluation``, and played by
``training.exercise``.
"""
