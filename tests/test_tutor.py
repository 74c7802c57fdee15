"""The checker names what is wrong, refuses nothing that is right, and survives what it is given."""

import json
import sys
import threading
import time

import numpy as np
import pytest
import tutor_programs as programs

from gmmlib import Mixture, diagonal, em, spherical, textbook, tied, tutor
from gmmlib.tutor import slips
from gmmlib.tutor.asking import Aside, decode, encode
from gmmlib.tutor.programs import program

FORMULAS = ["log_density", "e_step", "m_step", "log_likelihood", "bic", "icl", "em"]
OF_KMEANS = ["assign", "update", "kmeans"]


def name_of(case):
    return getattr(case, "__name__", None) or getattr(case, "__str__", str)()


def judged(name, options, function):
    return tutor.task(name, **options).check(function)


@pytest.mark.parametrize(
    "name, options, function, mistake",
    programs.WRONG,
    ids=[f"{name}-{function.__name__}" for name, _, function, _ in programs.WRONG],
)
def test_a_wrong_program_is_caught_and_its_mistake_is_named(name, options, function, mistake):
    begun = time.monotonic()
    verdict = judged(name, options, function)
    took = time.monotonic() - begun
    assert (verdict.state in ("wrong", "almost"), verdict.mistake) == (True, mistake), verdict
    assert not verdict
    assert took < 20, "a verdict comes within seconds"  # 2 s, and patience with a busy machine


@pytest.mark.parametrize(
    "name, options, function",
    programs.RIGHT,
    ids=[f"{name}-{function.__name__}" for name, _, function in programs.RIGHT],
)
def test_a_right_program_is_not_refused(name, options, function):
    verdict = judged(name, options, function)
    assert verdict.state == "right" and verdict, verdict


@pytest.mark.parametrize("name, options, function", programs.RIGHT)
def test_nor_on_other_draws(name, options, function):
    task = tutor.task(name, **options)
    for seed in range(2 if options.get("until") else 6):
        probes = task.probes(np.random.default_rng(seed))
        verdict = task.judge(probes, tutor.ask(function, probes, 20))
        assert verdict, (seed, verdict)


@pytest.mark.parametrize("d, seeds", [(1, range(5)), (3, range(100, 102))])
def test_whether_a_stop_is_right_does_not_hang_on_the_draw(d, seeds):
    # each draw: a rule that asks how much is left passes, and one that asks for small gains fails
    one_step, height = program("em", d), program("log_likelihood", d)

    def climb(rule):
        def em(x, weights, means, spreads, tolerance):
            theta, heights = (weights, means, spreads), []
            while True:
                heights.append(height(x, *theta))
                if rule(heights, tolerance):
                    return theta
                theta = one_step(x, *theta, 1)

        return em

    for seed in seeds:
        task = tutor.task("em", d=d, until=True)
        probes = task.probes(np.random.default_rng(seed))
        for rule, mistake in [
            (programs.little_is_left, None),
            (programs.small_gain, "stops on the first small gain"),
        ]:
            verdict = task.judge(probes, tutor.ask(climb(rule), probes, 20))
            assert verdict.mistake == mistake, (seed, verdict)


def test_almost_is_said_where_one_thing_is_missing_and_not_where_the_idea_is_wrong():
    # it is half of the points where the marker asks
    states = {
        function.__name__: judged(name, options, function).state
        for name, options, function, _ in programs.WRONG
        if not options.get("until") and function is not programs.never_stops
    }
    missing = (
        "forgot_to_return plain_densities components_in_rows still_in_logs rounded two_only "
        "centers_in_place counts_as_weights unbiased deviations means_first as_score loss one_each "
        "stops_before goes_on overwrites_the_start one_two_pi upper_triangle a_floor_added"
    )
    idea = (
        "over_the_points joint_returned no_weights variance_as_scale labels_for_shares no_half "
        "left_one_first n_everywhere second_moment counts_labels sum_of_logs Q variance_first "
        "component_by_component shares_before_the_loop all_in_the_middle small_gain falls_count"
    )
    assert {name: states[name] for name in missing.split()} == dict.fromkeys(
        missing.split(), "almost"
    )
    assert {name: states[name] for name in idea.split()} == dict.fromkeys(idea.split(), "wrong")


def test_there_are_as_many_programs_as_promised():
    assert len(programs.WRONG) >= 40 and len(programs.RIGHT) >= 12
    assert {mistake for *_, mistake in programs.WRONG} >= {
        "normalized over the points",
        "n where N_k belongs, in the variances",
        "old means in the variance",
        "σ for σ²",
        "weights forgotten",
        "weights not renormalized",
        "axis swapped",
        "no log space",
        "hard labels for shares",
        "the mean, not the sum",
        "sum of logs for log of the sum",
        "divided by N_k − 1",
        "share missing in the spread",
        "off-diagonals dropped",
        "covariance not symmetric",
        "updates in place",
        "modifies its input",
        "one step short",
        "stops on the first small gain",
        "stops on a fall",
        "never stops",
        "start without spread",
        "start outside the data",
        "component order assumed",
    }


# ---- the slips are the textbook with one thing wrong


def arguments_of(name, d, kind="full", seed=3):
    probes = tutor.task(name, d=d, covariance=kind).probes(np.random.default_rng(seed))
    return [[decode(value) for value in probe["arguments"].values()] for probe in probes]


@pytest.mark.parametrize("d", [2, 3])
def test_without_a_slip_the_programs_are_the_textbook(d):
    for X, weights, means, covariances in arguments_of("e_step", d):
        shares, height = textbook.e_step(X, weights, means, covariances)
        assert np.allclose(program("e_step", d)(X, weights, means, covariances), shares)
        assert np.isclose(program("log_likelihood", d)(X, weights, means, covariances), height)
        assert np.isclose(program("log_density", d)(X, weights, means, covariances).sum(), height)
    for X, shares in arguments_of("m_step", d):
        for got, expected in zip(program("m_step", d)(X, shares), textbook.m_step(X, shares)):
            assert np.allclose(got, expected)
    for *theta, steps in arguments_of("em", d):
        got, expected = program("em", d)(*theta, steps), textbook.em(*theta, steps)
        assert all(np.allclose(g, e) for g, e in zip(got, expected))


@pytest.mark.parametrize("kind", [tied, diagonal, spherical])
@pytest.mark.parametrize("d", [2, 3])
def test_without_a_slip_the_programs_of_a_kind_are_those_of_gmmlib(d, kind):
    for X, *theta, steps in arguments_of("em", d, kind):
        run = em(X, Mixture(*theta), covariance=kind, max_steps=steps, tolerance=0)
        found = program("em", d, kind=kind.__name__)(X, *theta, steps)
        for got, name in zip(found, ("weights", "means", "covariances")):
            assert np.allclose(got, getattr(run.mixture, name))


def test_without_a_slip_the_programs_in_one_dimension_are_the_textbook():
    for *theta, steps in arguments_of("em", 1):
        got, expected = program("em")(*theta, steps), textbook.em_in_one_dimension(*theta, steps)
        assert all(np.allclose(g, e) for g, e in zip(got, expected))


FORMULAS_ALONE = (
    *("slopes", "merge", "adjusted_rand", "complete", "poisson_step"),
    *("repaint", "combine"),
)
CASES = [
    (name, d, hold)
    for name in FORMULAS + OF_KMEANS
    for d in (1, 2, 3)
    for hold in ((), ("covariances", "weights"))
    if not hold or (d == 1 and name in ("m_step", "em"))
] + [(name, 1, ()) for name in FORMULAS_ALONE]
OF_KIND = [
    (name, d, kind)
    for name in ("m_step", "em")
    for d in (1, 2, 3)
    for kind in ("tied", "diagonal", "spherical")
    if d > 1 or kind == "tied"
]
# Some slips come to the same: hard labels are hard labels, in whichever step; and one column's
# density may be all there is to see of another.
SAME = {"2π once for all dimensions": 1}


@pytest.mark.parametrize("name, d, hold", CASES)
def test_each_slip_is_told_from_each_other(name, d, hold):
    task, seen = tutor.task(name, d=d, hold=hold), {}
    for slip in slips.possible(name, d, task.hold):
        if SAME.get(slip) == d:
            continue
        verdict = task.check(program(name, d, (slip,), task.hold))
        assert verdict.mistake == slips.name_of(slip), (slip, verdict)
        seen[verdict.message] = slip
    assert len(seen) > 1


@pytest.mark.parametrize("name, d, kind", OF_KIND)
def test_so_it_is_where_the_covariances_are_of_a_kind(name, d, kind):
    task = tutor.task(name, d=d, covariance=kind)
    for slip in slips.possible(name, d, kind=kind):
        verdict = task.check(program(name, d, (slip,), kind=kind))
        assert verdict.mistake == slips.name_of(slip), (slip, verdict)


def test_each_slip_has_words_and_is_tried_somewhere():
    tried = {slip for name, d, hold in CASES for slip in slips.possible(name, d, hold)}
    tried |= {slip for name, d, kind in OF_KIND for slip in slips.possible(name, d, kind=kind)}
    assert set(slips.WORDS) == tried | {"no log space", "hard labels for shares"}
    assert slips.ALMOST <= set(slips.WORDS)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_no_point_that_k_means_is_asked_for_is_as_near_to_two_centers(d):
    for seed in range(20):
        for probe in tutor.task("kmeans", d=d).probes(np.random.default_rng(seed)):
            X, centers, steps = (decode(value) for value in probe["arguments"].values())
            for _ in range(steps + 1):
                off = (X[:, None] - centers).reshape(len(X), len(centers), d)
                near = np.sort((off**2).sum(axis=2), axis=1)
                assert (near[:, 1] - near[:, 0]).min() > 1e-9, (probe["name"], seed)
                centers = program("kmeans", d)(X, centers, 1)


def test_two_mistakes_at_once_are_named_both():
    for pair in [
        ("weights forgotten", "half forgotten in the exponent"),
        ("normalized over the points", "σ for σ²"),
    ]:
        assert set(tutor.check_e_step(program("e_step", 1, pair)).mistake.split(" + ")) == set(pair)


def test_a_mistake_in_the_means_is_named_though_the_variances_are_beyond_naming():
    def m_step(x, shares):
        return shares.mean(axis=0), shares.T @ x / len(x), np.ones(shares.shape[1])

    verdict = tutor.check_m_step(m_step)
    assert verdict.mistake == "n where N_k belongs, in the means"
    assert "look at what follows" in verdict.message


# ---- what is said


def test_the_counter_example_can_be_pasted_and_shows_both_answers():
    verdict = tutor.check_e_step(programs.no_weights)
    lines = [line for line in verdict.message.splitlines() if " = " in line]
    names = {"np": np}
    exec("\n".join(line.strip() for line in lines), names)
    given = [names[name] for name in ("x", "weights", "means", "variances")]
    assert len(names["x"]) <= 3, "small enough to be worked out by hand"
    assert np.allclose(programs.no_weights(*given), verdict.yours[0])
    assert np.allclose(programs.in_logs(*given), verdict.expected[0])
    assert not np.allclose(verdict.yours[0], verdict.expected[0])


def test_the_point_that_underflows_is_named():
    message = tutor.check_e_step(programs.plain_densities).message
    assert "x[2] = 90" in message and "nan" in message
    assert "ZeroDivisionError" in tutor.check_e_step(programs.plain_loops).message


def test_forgetting_to_return_comes_first():
    verdict = tutor.check_e_step(programs.forgot_to_return)
    assert verdict.state == "almost" and verdict.message.startswith("Almost")
    assert "return" in verdict.message and "Printing" in verdict.message


def test_what_nobody_knows_is_said_honestly():
    verdict = tutor.check_e_step(lambda x, w, m, v: np.full((len(x), len(m)), 1 / len(m)) + 0.01)
    assert verdict.state == "wrong" and verdict.mistake is None
    assert "cannot tell" in verdict.message and "yours" in verdict.message


def test_names_from_outside_are_noticed():
    answer = programs.in_logs(np.zeros(3), np.ones(2) / 2, np.zeros(2), np.ones(2))
    assert tutor.check_e_step(lambda *_: answer).mistake == "arguments not used"


def test_the_wrong_number_of_arguments_is_said_with_the_right_ones():
    verdict = tutor.check_e_step(lambda x, means: x)
    assert verdict.mistake == "other arguments"
    assert "(x, weights, means, variances)" in verdict.message


def test_a_verdict_is_its_words_in_lines_that_fit_a_page():
    verdict = tutor.check_e_step(programs.no_weights)
    assert repr(verdict) == str(verdict)
    assert str(verdict).split() == verdict.message.split()
    assert max(map(len, str(verdict).splitlines())) <= 72


def test_in_many_dimensions_the_spread_is_a_covariance():
    wrong = program("m_step", 2, ("divided by N_k − 1",))
    assert "covariances are divided by N_k − 1" in tutor.check_m_step(wrong, d=2).message


def test_the_picture_shows_yours_and_expected():
    axes = [
        tutor.check_e_step(programs.no_weights).plot(),
        tutor.check_m_step(programs.second_moment).plot(),
    ]
    for ax in axes:
        labels = {text.get_text() for text in ax.get_legend().get_texts()}
        assert {"yours", "expected"} <= labels and ax.get_xlabel() and ax.get_ylabel()
    with pytest.raises(ValueError, match="nothing to draw"):
        tutor.check_e_step(programs.in_logs).plot()


# ---- what is no answer


def test_a_program_that_raises_is_told_its_line():
    def m_step(x, shares):
        return {}["means"]

    message = tutor.check_m_step(m_step).message
    assert "KeyError" in message and 'return {}["means"]' in message
    assert tutor.check_m_step(programs.leaves).mistake == "raises"


def test_nan_is_said():
    assert tutor.check_m_step(programs.gives_nan).mistake == "nan"


@pytest.mark.parametrize(
    "value", [None, 3, "means", [], {}, object(), np.zeros((7, 7)), 1 + 2j, [[1], [2, 3]], b"x"]
)
@pytest.mark.parametrize("name", [*FORMULAS, "slopes"])
def test_any_value_gets_a_verdict_in_words(name, value):
    verdict = tutor.task(name).check(lambda *_: value)
    assert verdict.state in ("wrong", "almost") and len(verdict.message) > 20


@pytest.mark.parametrize("name", FORMULAS + ["slopes", "start", "stop"])
@pytest.mark.parametrize("thing", [None, 3, "e_step"])
def test_what_is_no_function_is_absent(name, thing):
    assert tutor.task(name).check(thing).state == "absent"


def test_a_stub_is_absent():
    def e_step(x, weights, means, variances):
        raise NotImplementedError

    assert tutor.check_e_step(e_step).state == "absent"


def test_a_flood_of_output_is_not_shown(capsys):
    assert tutor.check_m_step(programs.floods)
    assert capsys.readouterr().out == ""


def test_what_never_ends_is_stopped_and_what_it_prints_later_is_not_shown(capsys, monkeypatch):
    for stream in ("stdout", "stderr"):  # the loop stays, and so does what listens to it
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    begun = time.monotonic()
    verdict = tutor.check_m_step(programs.catches_everything)
    assert verdict.mistake == "never stops" and time.monotonic() - begun < 10
    assert isinstance(sys.stdout, Aside)
    assert tutor.check_m_step(programs.by_averages), "the next one is checked as if nothing were"
    print("still heard")
    assert "still heard" in capsys.readouterr().out


def test_a_loop_without_end_leaves_no_thread_behind():
    before = threading.active_count()
    assert tutor.check_em(programs.never_stops).mistake == "never stops"
    assert threading.active_count() <= before


def test_a_function_may_be_asked_without_threads(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert tutor.check_em(programs.never_stops).mistake == "never stops"
    assert tutor.check_em(programs.loop_of_two)


# ---- asked in one place, judged in another


@pytest.mark.parametrize("name, options, function", programs.RIGHT)
def test_what_comes_back_is_plain_json(name, options, function):
    task = tutor.task(name, **options)
    probes = json.loads(json.dumps(task.probes(np.random.default_rng(1))))
    outcomes = json.loads(json.dumps(tutor.ask(function, probes)))
    assert task.judge(probes, outcomes)


class Odd:
    """Raises whatever is looked at."""

    def __getattr__(self, name):
        raise SystemExit(name)


class OddList(list):
    def __iter__(self):
        raise SystemExit


class OddError(Exception):
    def __str__(self):
        raise SystemExit


def test_what_fights_back_when_it_is_read_is_read_as_nothing():
    huge = [[0.0] * 3000] * 3000
    nested = []
    nested.extend([nested] * 60)
    for value in [
        Odd(),
        OddList([1.0]),
        huge,
        nested,
        {Odd(): 1},
        type("T", (), {"__array__": 3})(),
    ]:
        verdict = tutor.check_m_step(lambda *_, value=value: value)
        assert verdict.state in ("wrong", "almost")

    def raises(*_):
        raise OddError

    raises.__wrapped__ = raises
    assert tutor.check_m_step(raises).mistake == "raises"


def test_a_package_that_is_first_imported_inside_takes_its_time(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)

    def m_step(x, shares):
        if "this" not in sys.modules:
            sys.modules["this"] = time
            time.sleep(0.5)
        return programs.by_averages(x, shares)

    task = tutor.task("m_step")
    assert task.judge(task.probes(), tutor.ask(m_step, task.probes(), 0.3))


def test_values_of_any_kind_can_be_written_down():
    for value in [1, 2.5, True, None, "text", [1, [2]], np.arange(3.0), (1, 2), {"a": 1}]:
        again = decode(json.loads(json.dumps(encode(value))))
        assert np.all(np.asarray(again == value)) or again == value
    for odd in [object(), 1j, np.array(["a"]), np.zeros(10**6), 10**30, {1, 2}]:
        assert "other" in json.dumps(encode(odd))
    deep = []
    for _ in range(100):
        deep = [deep]
    assert len(json.dumps(encode(deep))) < 200


def test_probes_are_drawn_from_the_rng_alone():
    task = tutor.task("e_step")
    first, again, other = (task.probes(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert first[0] == other[0], "the first ones are always the same"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"name": "estep"}, "there is no task 'estep'"),
        ({"name": "e_step", "d": 0}, "at least 1"),
        ({"name": "e_step", "hold": ("weights", "variances")}, "nothing is held in e_step"),
        ({"name": "m_step", "hold": ("means",)}, "hold is"),
        ({"name": "e_step", "until": True}, "until is for em"),
        ({"name": "m_step", "d": 2, "covariance": "diag"}, "full, tied, diagonal, spherical"),
        ({"name": "m_step", "covariance": "diagonal"}, "in one dimension every variance is diag"),
        ({"name": "e_step", "d": 2, "covariance": "tied"}, "for m_step, and for em"),
        ({"name": "test"}, "needs `of`"),
        ({"name": "test", "of": "start"}, "tests can be of"),
    ],
)
def test_a_task_that_there_is_not_is_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        tutor.task(**options)


# ---- the reverse


@pytest.mark.parametrize("of", FORMULAS)
@pytest.mark.parametrize("d", [1, 2])
def test_the_five_programs_are_wrong_and_the_checker_finds_them(of, d):
    for number, slip in enumerate(tutor.WRONG[of], 1):
        verdict = tutor.task(of, d=d).check(tutor.wrong_program(of, number, d))
        assert verdict.mistake == slips.name_of(slip)


def test_a_test_that_counts_its_calls_is_found_out():
    calls = []

    def test(e_step):
        calls.append(1)
        assert len(calls) == 1

    assert tutor.check_test(test).mistake == "the right program refused"


def test_a_test_that_never_ends_does_not_learn_the_name_of_the_mistake():
    def test(e_step):
        while True:
            pass

    message = tutor.check_test(test).message
    assert "the right program" in message and "label" not in message


def test_a_test_that_refuses_everything_spares_nothing():
    assert tutor.check_test(lambda program: False).mistake == "the right program refused"


def test_a_test_may_find_four_of_five_and_is_told_which_one_it_lets_through():
    def test(e_step):
        shares = e_step(*map(np.array, ([0.0, 1], [0.25, 0.75], [3.0, 0], [1.0, 4])))
        assert np.allclose(shares, [[0.0045, 0.9955], [0.0474, 0.9526]], atol=2e-3)

    right = programs.in_logs(*map(np.array, ([0.0, 1], [0.25, 0.75], [3.0, 0], [1.0, 4])))
    assert right.shape == (2, 2)
    verdict = tutor.check_test(
        lambda f: bool(
            np.allclose(f(*map(np.array, ([0.0, 1], [0.25, 0.75], [3.0, 0], [1.0, 4]))), right)
        )
    )
    assert (
        verdict.state == "almost" and "4 of 5" in verdict.message and "number 5" in verdict.message
    )
