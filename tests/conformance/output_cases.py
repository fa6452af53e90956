"""Ranked lists, token sequences, and the methods that add output attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .build_cases import MULTICLASS, RANKED, REGRESSION, build, data, look
from .harness import Case, Column, Step, call, column, frame

if TYPE_CHECKING:
    from collections.abc import Iterator


def _ranked() -> Iterator[Case]:
    items = [{"item_id": "i1", "score": 0.5}, {"item_id": "i2", "score": 0.4}]
    good = frame(
        aa=column("int64", 1, 2),
        recs=column("object", items, items),
        rel=column("object", ["i1"], ["i2"]),
    )
    one = {"recs": "rel"}
    yield build("ranked", good, one, RANKED)
    plain = frame(recs=column("object", "a", "b"), rel=column("object", "a", "b"))
    yield build("ranked, plain strings", plain, one, RANKED)
    for n in (100, 101):
        long = [{"item_id": f"i{i % 10}"} for i in range(n)]
        longs = frame(recs=column("object", long, items), rel=column("object", ["i1"], ["i2"]))
        yield build(f"ranked, {n} recommendations", longs, one, RANKED)
        truths = frame(
            recs=column("object", items, items), rel=column("object", ["i1"] * n, ["i2"])
        )
        yield build(f"ranked, {n} relevant items", truths, one, RANKED)
    for n in (50, 51):
        cells = [[{"item_id": f"i{20 * i + j}"} for j in range(20)] for i in range(n)]
        rel = [["i0"] for _ in range(n)]
        distinct = frame(recs=Column("object", cells), rel=Column("object", rel))
        yield build(f"ranked, {20 * n} items", distinct, one, RANKED)
        extra = [[f"other{i}"] for i in range(n)]
        more = frame(
            recs=Column("object", cells[:48] + cells[:2]), rel=Column("object", extra[:50])
        )
        if n == 50:
            yield build("ranked, items of both columns", more, one, RANKED)
    malformed = [{"id": "x"}, "text", None, {"item_id": 5}]
    odd = frame(recs=column("object", malformed, None), rel=column("object", None, [1, "i1"]))
    yield build("ranked, malformed cells", odd, one, RANKED)
    two = frame(
        recs=column("object", items),
        rel=column("object", ["i1"]),
        other=column("object", items),
        more=column("object", ["i1"]),
    )
    yield build("ranked, two", two, {"recs": "rel", "other": "more"}, RANKED)
    yield build("ranked, same name", good, {"recs": "recs"}, RANKED)


def _other_output_types() -> Iterator[Case]:
    simple = data("aa", "pred_1", "gt_1")
    for output_type in ("OBJECT_DETECTION", "TOKEN_SEQUENCE", "MULTILABEL", "whatever"):
        yield build(f"build of {output_type}", simple, {"pred_1": "gt_1"}, ("TABULAR", output_type))


def _tokens() -> Iterator[Case]:
    text, image, table = (
        ("NLP", "TOKEN_SEQUENCE"),
        ("IMAGE", "TOKEN_SEQUENCE"),
        (
            "TABULAR",
            "TOKEN_SEQUENCE",
        ),
    )
    every = {
        "input_column": "in_text",
        "output_text_column": "out_text",
        "input_token_column": "in_tokens",
        "output_token_column": "out_tokens",
        "output_likelihood_column": "likely",
        "ground_truth_text_column": "gt_text",
        "ground_truth_tokens_column": "gt_tokens",
    }
    optional = list(every)[2:]
    for left_out in [
        (),
        *((name,) for name in optional),
        tuple(optional),
        tuple(optional[:2]),
        ("output_token_column", "ground_truth_text_column"),
    ]:
        kwargs = {key: value for key, value in every.items() if key not in left_out}
        without = ", ".join(left_out) or "nothing"
        yield _token_case(f"tokens, NLP, without {without}", text, kwargs)
    yield _token_case("tokens, Image", image, every)
    first = {key: every[key] for key in list(every)[:2]}
    yield _token_case("tokens, Image, least", image, first)
    frame_of_two = data("aa", "bb")
    yield _token_case("tokens, Tabular, no data", table, first)
    chosen = {**first, "input_column": ["aa", "bb"], "data": frame_of_two}
    yield _token_case("tokens, Tabular, list", table, chosen)
    one = {**first, "input_column": "aa", "data": frame_of_two}
    yield _token_case("tokens, Tabular, one", table, one)
    yield _token_case(
        "tokens, Tabular, list without data", table, {**first, "input_column": ["aa"]}
    )
    yield _token_case("tokens, NLP, list", text, {**first, "input_column": ["aa", "bb"]})
    yield _token_case("tokens, NLP, data", text, {**first, "data": frame_of_two})
    points = column("object", [{"timestamp": "2024-01-01T00:00:00Z", "value": 1.0}])
    series = {**first, "input_column": "ts", "data": frame(ts=points)}
    yield _token_case("tokens, TimeSeries", ("TIME_SERIES", "TOKEN_SEQUENCE"), series)
    twice = call("build_token_sequence_model", **first)
    yield Case("tokens, twice", text, (twice, call("build_token_sequence_model", "in2", "out2")))
    review = call("review")
    yield Case(
        "tokens, review", text, (call("build_token_sequence_model", **every), review), returns=True
    )
    yield Case("tokens, no output", text, (call("build_token_sequence_model", "in_text"),))


def _token_case(case_id: str, model: tuple[str, str], kwargs: dict[str, Any]) -> Case:
    return Case(case_id, model, (call("build_token_sequence_model", **kwargs),))


def _output_methods() -> Iterator[Case]:
    regression = "add_regression_output_attributes"
    binary = "add_binary_classifier_output_attributes"
    multi = "add_multiclass_classifier_output_attributes"
    by_class = "add_classifier_output_attributes_gtclass"
    detect = "add_object_detection_output_attributes"
    ranked = "add_ranked_list_output_attributes"
    two = {"p0": "g0", "p1": "g1"}
    three = {**two, "p2": "g2"}
    image = ("IMAGE", "OBJECT_DETECTION")
    ground = data("gt")
    pp = frame(pp=column("float64", 0.5, 1.5), gg=column("float64", -1.0, 0.0))
    reverse = frame(pp=column("int64", 0, -5), gg=column("int64", 0, 0))
    yield _outputs("regression", REGRESSION, call(regression, {"pp": "gg"}, "FLOAT"))
    yield _outputs("regression, data", REGRESSION, call(regression, {"pp": "gg"}, "FLOAT", pp))
    yield _outputs(
        "regression, zero", REGRESSION, call(regression, {"pp": "gg"}, "INTEGER", reverse)
    )
    yield _outputs("regression, two", REGRESSION, call(regression, two, "INTEGER"))
    yield _outputs("regression, none", REGRESSION, call(regression, {}, "INTEGER"))
    yield _outputs("binary", MULTICLASS, call(binary, "p1", two))
    yield _outputs("binary, threshold", MULTICLASS, call(binary, "p1", two, threshold=0.3))
    yield _outputs("binary, three", MULTICLASS, call(binary, "p1", three))
    yield _outputs("binary, one", MULTICLASS, call(binary, "p1", {"p1": "g1"}))
    yield _outputs("binary, positive unknown", MULTICLASS, call(binary, "zz", two))
    yield _outputs("binary, None key", MULTICLASS, call(binary, "p1", {"p1": "g1", None: "g0"}))
    yield _outputs("binary, None value", MULTICLASS, call(binary, "p1", {"p1": "g1", "p0": None}))
    yield _outputs("multiclass", MULTICLASS, call(multi, three))
    yield _outputs("multiclass, two", MULTICLASS, call(multi, two))
    yield _outputs("class", MULTICLASS, call(by_class, {"p1": 1}, "gt", ground))
    yield _outputs("class, positive", MULTICLASS, call(by_class, {"p1": 1}, "gt", ground, "p1"))
    yield _outputs("class, two", MULTICLASS, call(by_class, {"p0": 0, "p1": 1}, "gt", ground, "p0"))
    yield _outputs("detection", image, call(detect, "boxes", "truth", ["cat", "dog"]))
    yield _outputs("detection, same name", image, call(detect, "boxes", "boxes", ["cat"]))
    yield _outputs("detection, no labels", image, call(detect, "boxes", "truth", []))
    yield _outputs("detection, not image", MULTICLASS, call(detect, "boxes", "truth", ["cat"]))
    yield _outputs("ranked", RANKED, call(ranked, "recs", "rel"))
    yield _outputs("ranked, same name", RANKED, call(ranked, "recs", "recs"))
    yield _outputs("ranked, not ranked", MULTICLASS, call(ranked, "recs", "rel"))
    labels = (call(detect, "boxes", "truth", ["cat", "dog"]), look("image_class_labels"))
    yield Case("outputs: detection labels", image, labels, returns=True)
    threshold = (call(binary, "p1", two, threshold=0.3), look("classifier_threshold"))
    yield Case("outputs: binary sets the threshold", MULTICLASS, threshold, returns=True)
    again = (call(multi, three), call(multi, {f"q{i}": f"h{i}" for i in range(3)}))
    yield Case("outputs: multiclass again", MULTICLASS, again)
    again = (call(detect, "boxes", "truth", ["cat"]), call(detect, "more", "truths", ["cat"]))
    yield Case("outputs: detection again", image, again)


def _outputs(case_id: str, model: tuple[str, str], step: Step) -> Case:
    return Case(f"outputs: {case_id}", model, (step,), returns=True)


def cases() -> Iterator[Case]:
    """Yield the cases of outputs."""
    yield from _ranked()
    yield from _other_output_types()
    yield from _tokens()
    yield from _output_methods()
