"""Print what gbstats says of some rates; run it where gbstats 0.8.0 is installed.

It wants older releases of numpy and pandas than modelgroups, so that both cannot be together.
"""


def main() -> None:
    from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
    from gbstats.models.statistics import ProportionStatistic

    for first, n_first, other, n_other, planned, confidence in [
        (480, 800, 560, 700, 5000, 0.95),
        (50, 1000, 75, 1000, 10_000, 0.95),
        (7, 1000, 19, 1100, 2_000, 0.9),
        (4100, 50_000, 4350, 50_000, 100_000, 0.99),
    ]:
        test = SequentialTwoSidedTTest(
            ProportionStatistic(n=n_first, sum=first),
            ProportionStatistic(n=n_other, sum=other),
            SequentialConfig(
                alpha=1 - confidence,
                difference_type="absolute",
                sequential_tuning_parameter=planned,
            ),
        )
        low, high = test.confidence_interval
        case = (first, n_first, other, n_other, planned, confidence)
        print((*case, test.p_value, float(low), float(high)))


if __name__ == "__main__":
    main()
