"""Merging by tiers: few files, and no row written again more often than there are tiers."""

import math
import random

import pytest

from modelgroups.catalog.records import Segment
from modelgroups.inferences.tiers import FANOUT, FOLD_ROWS, is_overdue, next_merge, tier

ARRIVALS = {
    "folded parcels": [FOLD_ROWS],
    "just too many for the catalog": [257],
    "thousands": [5_000],
    "large": [100_000],
    "falling": [65_536, 32_768, 4096, 512],
    "mixed": random.Random(7).choices([257, 512, 1_000, 5_000, 20_000], k=500),
}
N_ROWS = 1_000_000


def segment(n_rows, n_deleted=0, serial=0):
    texts = ["", "inference", n_rows, n_deleted, 0, "", "", "", "", "", None, None, None]
    return Segment(serial, *texts)


@pytest.mark.parametrize("name", ARRIVALS)
def test_the_number_of_files_is_logarithmic_in_the_number_of_rows(name):
    sizes, segments, n_rows, written, turn = ARRIVALS[name], [], 0, 0, 0
    while n_rows < N_ROWS:
        segments.append(segment(sizes[turn % len(sizes)]))
        n_rows += segments[-1].n_rows
        turn += 1
        while merged := next_merge(segments):
            segments = [one for one in segments if all(one is not other for other in merged)]
            segments.append(segment(sum(one.n_rows for one in merged)))
            written += segments[-1].n_rows
        n_tiers = 1 + max(tier(one.n_rows) for one in segments)
        assert n_tiers <= 1 + math.log(max(n_rows / FOLD_ROWS, 1), FANOUT)
        assert len(segments) < FANOUT * n_tiers
        assert not is_overdue(segments)
    assert sum(one.n_rows for one in segments) == n_rows
    assert written <= n_rows * (n_tiers + 1)


def test_a_merge_takes_a_whole_tier_the_lowest_first():
    small, large = [segment(600, serial=i) for i in range(8)], [segment(5000) for _ in range(8)]
    assert next_merge([*large, *small]) == small
    assert next_merge([*large, *small[:7]]) == large
    assert next_merge([*large[:7], *small[:7]]) == []
    assert next_merge(small[:2], fanout=2) == small[:2]


def test_a_segment_of_which_most_is_deleted_is_written_again_alone():
    half, most = segment(1000, 500), segment(1000, 501)
    assert next_merge([half]) == []
    assert next_merge([half, most]) == [most]


def test_what_is_deleted_does_not_count_for_the_tier():
    assert next_merge([segment(10_000, 9_800 // 2) for _ in range(8)])
    assert next_merge([segment(10_000, 4_000), *[segment(600) for _ in range(7)]]) == []


def test_merging_is_overdue_where_a_tier_has_twice_its_files():
    assert not is_overdue([segment(600)] * (2 * FANOUT - 1))
    assert is_overdue([segment(600)] * 2 * FANOUT)
