"""scikit-learn estimators come back as they were, and nothing else is loaded unasked."""

import builtins
import pickle
import sys

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import modelgroups as mg
from modelgroups.errors import (
    ConflictError,
    MissingDependencyError,
    NotFoundError,
    UserTypeError,
    UserValueError,
)

from .samples import contents, new_model, saved_model

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TREE = "sklearn.tree._tree.Tree"
EXPLICIT = [TREE, "sklearn._loss._loss.CyHalfBinomialLoss"]


def harmless(values):
    return values


@pytest.fixture
def connection():
    with mg.connect(":memory:") as connection:
        yield connection


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize(
    ("estimator", "trusted"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), ()),
        (Ridge(), ()),
        (RandomForestClassifier(n_estimators=5, random_state=0), [TREE]),
    ],
    ids=["pipeline", "ridge", "forest"],
)
def test_an_estimator_predicts_as_it_did(connection, saved, estimator, trusted):
    model = saved_model(connection) if saved else new_model(connection)
    estimator.fit(X, Y)
    model.add_estimator(estimator, trusted=trusted)
    if not saved:
        model.save()
    again = connection.get_model(model.id).load_estimator(trusted=trusted)
    assert type(again) is type(estimator)
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


def test_types_that_are_not_known_are_refused_by_name(connection):
    model = saved_model(connection)
    model.add_estimator(GradientBoostingClassifier(n_estimators=2).fit(X, Y), "gb", EXPLICIT)
    with pytest.raises(UserValueError, match=r"sklearn\.tree\._tree\.Tree") as refused:
        model.load_estimator("gb")
    call = str(refused.value).partition("load it with ")[2]
    assert eval(f"model.{call}", {"model": model}).n_estimators == 2


def test_a_function_of_a_module_is_not_imported_unasked(connection):
    model = saved_model(connection)
    chain = make_pipeline(FunctionTransformer(harmless), Ridge())
    with pytest.raises(UserValueError, match=r"harmless") as refused:
        model.add_estimator(chain)
    assert model.artifacts() == []
    trusted = str(refused.value).partition("with trusted=")[2]
    model.add_estimator(chain, trusted=eval(trusted))
    with pytest.raises(UserValueError, match=r"harmless"):
        model.load_estimator()
    assert type(model.load_estimator(trusted=eval(trusted))) is type(chain)


def test_a_pickle_is_never_loaded(connection):
    class Trap:
        def __reduce__(self):
            return builtins.exec, ("raise SystemExit('unpickled')",)

    model = saved_model(connection)
    model.add_artifact(pickle.dumps(Trap()), name="estimator")
    with pytest.raises(UserValueError, match="not stored by add_estimator"):
        model.load_estimator()


@pytest.mark.parametrize("thing", [5, None, "estimator", object()])
def test_what_is_no_estimator_is_refused(connection, thing):
    model = saved_model(connection)
    before = contents(connection)
    with pytest.raises(UserTypeError, match="an estimator is an object of scikit-learn"):
        model.add_estimator(thing)
    assert contents(connection) == before


def test_bad_arguments_are_refused(connection):
    model = saved_model(connection)
    model.add_estimator(Ridge())
    for trusted in (True, "sklearn.tree._tree.Tree", [5]):
        with pytest.raises(UserTypeError, match="trusted"):
            model.load_estimator(trusted=trusted)
        with pytest.raises(UserTypeError, match="trusted"):
            model.add_estimator(Ridge(), trusted=trusted)
    with pytest.raises(NotFoundError, match="did you mean 'estimator'"):
        model.load_estimator("estimater")
    with pytest.raises(UserValueError, match="not a path"):
        model.add_estimator(Ridge(), name="a/b")
    with pytest.raises(ConflictError, match="another artifact"):
        model.add_estimator(Ridge(alpha=2.0))


def test_without_the_extra_it_is_named(connection, monkeypatch):
    model = saved_model(connection)
    model.add_estimator(Ridge())
    monkeypatch.setitem(sys.modules, "skops.io", None)
    for call in (lambda: model.add_estimator(Ridge()), model.load_estimator):
        with pytest.raises(MissingDependencyError, match=r"pip install 'modelgroups\[sklearn\]'"):
            call()
