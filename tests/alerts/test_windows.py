"""When rules look and what they see, beside a plain account of the same."""

from hypothesis import given
from hypothesis import strategies as st

from modelgroups.alerts.windows import Schedule, due

MINUTES = st.integers(1, 40)
MOMENTS = st.integers(-300 * 64, 300 * 64).map(lambda number: number / 64)
SCHEDULES = st.builds(Schedule, lookback=MINUTES, wait=st.integers(0, 40))


@given(SCHEDULES, st.integers(-200, 200), st.integers(0, 400))
def test_the_buckets_of_the_offsets_hold_every_window_once(schedule, start, length):
    ticks = schedule.ticks(start, start + length)
    starts = [
        bucket
        for offset in schedule.offsets()
        for bucket in range(offset - 4_000 * schedule.lookback, 1_000, schedule.lookback)
        if bucket + schedule.lookback in ticks
    ]
    assert sorted(starts) == [tick - schedule.lookback for tick in ticks]


@given(SCHEDULES, MOMENTS, MOMENTS.map(abs))
def test_ticks_are_multiples_of_the_step_in_the_interval(schedule, start, length):
    step = schedule.wait or schedule.lookback
    expected = [m for m in range(-700, 700) if m % step == 0 and start < m <= start + length]
    assert list(schedule.ticks(start, start + length)) == expected


@given(
    st.sets(st.integers(0, 60)),
    st.sets(st.integers(0, 60)),
    st.sets(st.integers(0, 60)),
    st.integers(0, 20),
)
def test_nothing_is_raised_twice_or_within_the_wait_time(ticks, crossing, raised, wait):
    visited = sorted(ticks | raised)
    found = list(due(visited, crossing.__contains__, raised, wait))
    assert set(found) <= (ticks & crossing) - raised
    for tick in visited:
        earlier = [other for other in raised.union(found) if other < tick]
        is_quiet = any(tick < other + wait for other in earlier)
        if tick in found:
            assert not is_quiet
        elif tick in crossing and tick not in raised:
            assert is_quiet
