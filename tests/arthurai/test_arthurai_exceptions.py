"""The exception tree is the SDK's, and so is what `arthur_excepted` does."""

from __future__ import annotations

import builtins
import inspect

import pytest

from modelgroups.arthurai.common import exceptions
from modelgroups.arthurai.common.exceptions import (
    ArthurUnexpectedError,
    MissingParameterError,
    ResponseClientError,
    UserValueError,
    arthur_excepted,
)


def found(name):
    return getattr(exceptions, name, None) or getattr(builtins, name)


def test_every_class_derives_from_those_that_it_derives_from_in_the_sdk(goldens):
    for name, bases in goldens["exceptions"].items():
        assert [base for base in bases if not issubclass(found(name), found(base))] == [], name


def test_no_class_derives_from_another_class_of_the_sdk(goldens):
    tree = goldens["exceptions"]
    for name, bases in tree.items():
        others = tree.keys() - set(bases) - {name}
        assert [other for other in others if issubclass(found(name), found(other))] == [], name


def test_classes_are_distinct(goldens):
    assert len({found(name) for name in goldens["exceptions"]}) == len(goldens["exceptions"])


@arthur_excepted("failed to divide")
def divide(a, b, *, digits=2):
    """Divide two numbers."""
    return round(a / b, digits)


def test_result_passes():
    assert divide(1, b=3, digits=1) == 0.3


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((1,), {}, "missing a required argument: 'b'"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1, 2), {"c": 3}, "got an unexpected keyword argument 'c'"),
        ((1,), {"a": 1}, "multiple values for argument 'a'"),
    ],
)
def test_call_that_does_not_fit_is_a_missing_parameter(args, kwargs, text):
    with pytest.raises(MissingParameterError, match=text) as caught:
        divide(*args, **kwargs)
    assert caught.value.__cause__ is None


def test_unexpected_exception_is_wrapped_and_chained():
    with pytest.raises(ArthurUnexpectedError) as caught:
        divide(1, 0)
    assert str(caught.value).startswith("failed to divide because ")
    assert "division by zero" in str(caught.value)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_type_error_from_inside_is_unexpected():
    with pytest.raises(ArthurUnexpectedError, match="because an unexpected TypeError") as caught:
        divide("1", 2)
    assert not isinstance(caught.value, MissingParameterError)


@pytest.mark.parametrize("error", [KeyError("k"), ValueError("v"), OSError("o"), StopIteration()])
def test_every_foreign_exception_is_wrapped(error):
    @arthur_excepted()
    def fail():
        raise error

    with pytest.raises(ArthurUnexpectedError) as caught:
        fail()
    assert caught.value.__cause__ is error
    assert "because" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [UserValueError("v"), ResponseClientError("404"), ArthurUnexpectedError("u")]
)
def test_errors_of_the_tree_pass_through(error):
    @arthur_excepted("failed")
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error


def test_interrupts_pass_through():
    @arthur_excepted("failed")
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()


def test_methods_are_bound_with_self():
    class Counter:
        @arthur_excepted("failed to count")
        def count(self, step=1):
            return step

    assert Counter().count(2) == 2
    with pytest.raises(MissingParameterError):
        Counter().count(1, 2)


def test_decorated_function_keeps_its_name_and_signature():
    assert divide.__name__ == "divide"
    assert divide.__doc__ == "Divide two numbers."
    assert list(inspect.signature(divide).parameters) == ["a", "b", "digits"]
