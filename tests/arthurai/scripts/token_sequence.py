"""Translations: a model that writes tokens, in the SDK's words."""

import numpy as np
import pandas as pd
from arthurai import ArthurAI
from arthurai.common.constants import InputType, OutputType, Stage, ValueType
from arthurai.core.model_utils import tensors_to_arthur_inference

vocabulary = {0: "the", 1: "cat", 2: "sat", 3: "mat"}
rng = np.random.RandomState(3)


def written(n_tokens):
    """Tokens with their likelihoods, as a language model gives them."""
    probabilities = rng.dirichlet(np.ones(4) * 0.4, n_tokens)
    likelihoods = tensors_to_arthur_inference(np.log(probabilities), vocabulary, 3)
    tokens = [vocabulary[i] for i in probabilities.argmax(axis=1)]
    return tokens, likelihoods


rows = []
for number in range(30):
    tokens, likelihoods = written(3 + number % 4)
    rows.append(
        {
            "source": f"sentence {number}",
            "source_tokens": ["sentence", str(number)],
            "output": " ".join(tokens),
            "output_tokens": tokens,
            "output_likelihoods": likelihoods,
            "truth": "the cat sat",
            "truth_tokens": ["the", "cat", "sat"],
        }
    )
frame = pd.DataFrame(rows)

connection = ArthurAI(url="https://app.arthur.ai", access_key="none")
model = connection.model(
    display_name="Translations",
    input_type=InputType.NLP,
    output_type=OutputType.TokenSequence,
)
review = model.build_token_sequence_model(
    input_column="source",
    output_text_column="output",
    input_token_column="source_tokens",
    output_token_column="output_tokens",
    output_likelihood_column="output_likelihoods",
    ground_truth_text_column="truth",
    ground_truth_tokens_column="truth_tokens",
)
assert review["name"].tolist() == [
    "source_tokens", "source", "output_tokens", "output_likelihoods", "output", "truth_tokens",
    "truth",
]  # fmt: skip
likelihoods = model.get_attribute("output_likelihoods", Stage.PredictedValue)
assert (likelihoods.value_type, likelihoods.position) == (ValueType.TokenLikelihoods, 2)
model.set_reference_data(data=frame)
model.save()

answer = model.send_inferences(rows)
assert answer["counts"]["success"] == 30
select = [
    {"function": "averageTokenLikelihood", "parameters": {"property": "output_likelihoods"}},
    {"function": "likelihoodStability", "parameters": {"property": "output_likelihoods"}},
    {"function": "averageSequenceLength", "parameters": {"property": "output_tokens"}},
    {"function": "count"},
]
(found,) = model.query({"select": select})
best = [[max(place.values()) for place in row["output_likelihoods"]] for row in rows]
assert np.isclose(found["averageTokenLikelihood"], np.mean([np.mean(row) for row in best]))
assert np.isclose(found["likelihoodStability"], np.mean([np.std(row) for row in best]))
assert np.isclose(found["averageSequenceLength"], frame["output_tokens"].map(len).mean())
assert found["count"] == 30
print(found)
names = [metric.name for metric in model.get_metrics(default_metrics=True)]
assert {"Average Token Likelihood", "Likelihood Stability", "Average Sequence Length"} <= set(names)
model.archive()
print("done")
