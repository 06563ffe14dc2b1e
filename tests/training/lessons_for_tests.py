"""Steps and lessons with nothing but what a test is about."""

import json

from training.lesson_types import Goal, Lesson, Step


def frame(type_, id=None, **payload):
    """Return the JSON of a message."""
    message = {"type": type_}
    if id is not None:
        message["id"] = id
    if payload:
        message["payload"] = payload
    return json.dumps(message)


def make_step(*conditions, hints=("Look.", "Look again."), solution=(), **fields):
    """Return a step whose goals are these conditions."""
    goals = tuple(Goal("A goal", condition) for condition in conditions)
    texts = {"title": "T", "instruction": "I", "reason": "R", "explanation": "E"}
    return Step(**texts | {"goals": goals, "hints": hints, "solution": solution} | fields)


def make_lesson(*steps, name="lesson", **fields):
    """Return a lesson of these steps."""
    texts = {"title": "T", "teaches": "T", "wrap_up": "W"}
    return Lesson(**texts | {"name": name, "minutes": 1, "terms": (), "steps": steps} | fields)
