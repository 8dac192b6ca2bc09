"""A model is a file that fits one registry as it is described now, for any number of records."""

from datetime import UTC, datetime

import msgspec
import pytest

from lienthong.quality.description import Described
from lienthong.quality.errors import ModelUnusable
from lienthong.quality.linking.levels import levels_of
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.linking.weights import Weights, before_training, decode, fingerprint, fitted


@pytest.fixture
def model(person: Described) -> Weights:
    settings = link_settings(person)
    weights = before_training([levels_of(each) for each in settings.compare], 1000)
    when = datetime(2026, 11, 26, tzinfo=UTC)
    return msgspec.structs.replace(weights, registry="person", settings=fingerprint(settings), trained=when)


def test_a_model_is_read_as_it_was_written(person: Described, model: Weights) -> None:
    assert decode(msgspec.json.encode(model), "m", "person", link_settings(person)) == model


def test_what_does_not_fit_is_refused(person: Described, model: Weights) -> None:
    settings, name = link_settings(person), next(iter(model.comparisons))
    less = {**model.comparisons, name: model.comparisons[name][:-1]}
    for wrong, what in (
        (msgspec.structs.replace(model, comparisons=less), f"comparison {name}"),
        (msgspec.structs.replace(model, format=2), "format 2"),
        (msgspec.structs.replace(model, settings="0"), "settings 0"),
        (msgspec.structs.replace(model, registry="member"), "for the registry member"),
        (msgspec.structs.replace(model, prior=1.0), r"\$.prior"),
    ):
        with pytest.raises(ModelUnusable, match=what):
            decode(msgspec.json.encode(wrong), "m", "person", settings)
    with pytest.raises(ModelUnusable, match="truncated"):
        decode(msgspec.json.encode(model)[:200], "m", "person", settings)


def test_more_records_have_more_pairs_that_are_of_nobody(model: Weights) -> None:
    assert fitted(model, 10_000).prior == pytest.approx(model.prior / 10)
    assert fitted(model, 10_000).records == 10_000
    assert 0 < fitted(model, 0).prior <= 0.5
