"""`bettersynth VERB`: what is not a pipeline stage. For each verb, what it does and then its arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step

Verbs = "argparse._SubParsersAction[argparse.ArgumentParser]"


def share(text: str) -> float:
    """Return a number in [0, 1]."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not in [0, 1]")
    return value


def _run(arguments: argparse.Namespace) -> None:
    from bettersynth.recipes.engine.run import run_recipe

    run_recipe(arguments.recipe)


def add_run(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "run",
        help="run a Data-Juicer recipe on a jsonl file",
        description="Run a Data-Juicer recipe YAML as it is: dataset_path in, export_path out, the surviving count after every line.",
        epilog="Operators, their settings and where they differ from Data-Juicer: docs/operators.md",
    )
    verb.add_argument(
        "recipe", type=Path, help="recipe YAML: dataset_path, export_path, process, ..."
    )
    verb.set_defaults(action=_run)


def _analyze(arguments: argparse.Namespace) -> None:
    from bettersynth.recipes import refine
    from bettersynth.verbs import analyze

    rule = refine.Settings()
    if arguments.k_sigma is not None:
        rule = refine.Settings("k_sigma", k=arguments.k_sigma)
    elif arguments.percentiles:
        rule = refine.Settings(
            "percentiles", low=arguments.percentiles[0], high=arguments.percentiles[1]
        )
    if arguments.recipe:
        analyze.analyze_recipe(arguments.recipe, arguments.output, rule, arguments.quantiles)
    else:
        analyze.analyze_pool(arguments.output, rule, arguments.quantiles)


def add_analyze(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "analyze",
        help="what the filters of a recipe measure, on one page; bounds from the data",
        description="Measure every sample with every filter of a recipe, dropping none: counts, quantiles, histograms, correlation, examples.",
        epilog="Without a recipe: what the pipeline measured on its pool (data/stats), into results/analysis.",
    )
    verb.add_argument("recipe", nargs="?", type=Path, help="recipe YAML, as for run")
    verb.add_argument(
        "--output", type=Path, help="folder; default: NAME_analysis beside the export"
    )
    verb.add_argument(
        "--quantiles",
        nargs="+",
        type=share,
        default=[],
        metavar="Q",
        help="further quantiles, in [0, 1]",
    )
    refined = verb.add_mutually_exclusive_group()
    refined.add_argument(
        "--k-sigma",
        type=float,
        metavar="K",
        help="also write refined.yaml, its bounds mean - K and + K deviations",
    )
    refined.add_argument(
        "--percentiles",
        nargs=2,
        type=share,
        metavar=("LOW", "HIGH"),
        help="the same with two quantiles, such as 0.05 0.95",
    )
    verb.set_defaults(action=_analyze)


def _audit(arguments: argparse.Namespace) -> None:
    from bettersynth.verbs.audit import audit_to

    audit_to(arguments.recipe, arguments.samples, arguments.seed, arguments.output)


def add_audit(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "audit",
        help="which operator finds which fault, and at what cost",
        description="Plant known faults in a copy of good samples and report each operator's ROC AUC, precision, recall and CPU time.",
        epilog="The faults: swapped captions, gibberish, blur, watermark text, upside down, near-duplicates.",
    )
    verb.add_argument(
        "recipe",
        nargs="?",
        type=Path,
        default=Path("conf/audit/nano.yaml"),
        help="default: conf/audit/nano.yaml",
    )
    verb.add_argument(
        "--samples",
        type=int,
        default=200,
        help="good ones, and as many with each fault; default 200",
    )
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument(
        "--output", type=Path, default=Path("results/audit"), help="folder; default results/audit"
    )
    verb.set_defaults(action=_audit)


def _convert(arguments: argparse.Namespace) -> None:
    from bettersynth.verbs.convert import convert

    convert(arguments.source, arguments.target, arguments.only_captions, arguments.images)


def add_convert(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "convert",
        help="LLaVA json to Data-Juicer jsonl, or back",
        description="Convert between LLaVA's .json and Data-Juicer's .jsonl; every row is converted back and compared, so nothing is lost.",
    )
    verb.add_argument("source", type=Path, help="a .json (LLaVA) or .jsonl (Data-Juicer) file")
    verb.add_argument("target", type=Path, help="a .jsonl or .json file")
    verb.add_argument(
        "--only-captions",
        action="store_true",
        help="keep answers alone as text, as for pretraining data",
    )
    verb.add_argument(
        "--images",
        type=Path,
        help="folder that LLaVA's picture paths are relative to; default: paths stay as they are",
    )
    verb.set_defaults(action=_convert)


def _score(arguments: argparse.Namespace) -> None:
    from bettersynth.evaluation.scoring.score_files import score_files

    score_files(
        arguments.benchmark,
        arguments.questions,
        arguments.predictions,
        arguments.protocol,
        arguments.output,
    )


def add_score(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "score",
        help="score other people's predictions on TextVQA or MMBench",
        description="Score a predictions file of LLaVA (jsonl), VLMEvalKit (xlsx, tsv) or lmms-eval (jsonl); protocols: docs/scores.md",
    )
    verb.add_argument("--benchmark", required=True, choices=["textvqa", "mmbench"])
    verb.add_argument(
        "--questions", required=True, type=Path, help="MMBench TSV, or TextVQA_0.5.1_val.json"
    )
    verb.add_argument("--predictions", required=True, type=Path)
    verb.add_argument("--protocol", default=None, help="default: all that apply, side by side")
    verb.add_argument("--output", type=Path, default=None, help="write the numbers as json too")
    verb.set_defaults(action=_score)


def _submission(arguments: argparse.Namespace) -> None:
    from bettersynth.evaluation.scoring.submission import write_submission

    print(
        f"{arguments.output}: {write_submission(arguments.questions, arguments.predictions, arguments.output):,} answers"
    )


def add_submission(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "submission",
        help="MMBench answers as the file to upload (xlsx) or as LLaVA's answers (jsonl)",
        description="Write predictions (any format that `bettersynth score` reads) for MMBench's server, which alone knows the test answers.",
    )
    verb.add_argument(
        "--questions", required=True, type=Path, help="MMBench TSV, with or without answers"
    )
    verb.add_argument("--predictions", required=True, type=Path)
    verb.add_argument("--output", required=True, type=Path, help="NAME.xlsx or NAME.jsonl")
    verb.set_defaults(action=_submission)


def _compare(arguments: argparse.Namespace) -> None:
    from bettersynth.experiments.history.compare import compare_runs

    compare_runs(arguments.names, arguments.page)


def add_compare(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "compare",
        help="which of two or more experiments is better, and is the difference real",
        description="Differences to the first one with intervals and p-values over the same seeds and items, in settings and in data.",
        epilog="A name is a DVC experiment, a commit, a folder such as results/similarity (or a file in it), or `workspace`.",
    )
    verb.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is what the others are compared with; one alone is compared with `workspace`",
    )
    verb.add_argument(
        "--page",
        type=Path,
        default=Path("results/compare.html"),
        help="default: results/compare.html",
    )
    verb.set_defaults(action=_compare)


def _diff(arguments: argparse.Namespace) -> None:
    from bettersynth.experiments.history.diff import diff

    print(diff(arguments.first, arguments.second, arguments.examples))


def add_diff(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "diff",
        help="how two experiments differ in training data, settings and cost",
        description="Samples added, removed, recaptioned and reweighted, with examples; settings that differ; what each took.",
        epilog="A name is a DVC experiment, a commit, a folder such as results/similarity, or `workspace`. Scores: `bettersynth compare`.",
    )
    verb.add_argument("first")
    verb.add_argument("second")
    verb.add_argument(
        "--examples", type=int, default=6, help="of each kind, drawn evenly; default: 6"
    )
    verb.set_defaults(action=_diff)


def _costs(arguments: argparse.Namespace) -> None:
    from bettersynth.experiments.history.compared_runs import read_lock
    from bettersynth.experiments.history.costs import cost_table, stage_costs

    print(cost_table(stage_costs(read_lock(arguments.name))))


def add_costs(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "costs",
        help="what each step of an experiment took: seconds, samples, tokens, memory",
        description="Wall, CPU and GPU seconds, samples, tokens and peak memory of each step, as measured in this clone when it ran.",
        epilog="Steps that ran elsewhere, or before `.cache/costs` was deleted, show no numbers.",
    )
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        help="a DVC experiment, a commit, a folder, or `workspace` (default)",
    )
    verb.set_defaults(action=_costs)


def _explain(arguments: argparse.Namespace) -> None:
    from bettersynth.experiments.history.explain import explain
    from bettersynth.experiments.history.provenance import explain_score

    if (arguments.id is None) == (arguments.score is None):
        raise UserError(
            "explain needs a sample's id, or --score with or without a number's name (its numbers: results/score.json)"
        )
    print(
        explain(arguments.id, arguments.name)
        if arguments.score is None
        else explain_score(arguments.score, arguments.of)
    )


def add_explain(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "explain",
        help="a sample's whole history in an experiment, or (--score) where a number comes from and whether it still verifies",
        description="A sample: each value, bound and decision, the captions tried, its final weight. A number of results/score.json: "
        "recipe, data, code commit, seeds, models and machine behind it, and a check of all of it against dvc.lock and the files.",
    )
    verb.add_argument("id", nargs="?", help="a sample's id, as in data/mix/decisions.parquet")
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        metavar="EXPERIMENT",
        help="a DVC experiment, commit or folder; default: workspace",
    )
    verb.add_argument(
        "--score",
        nargs="?",
        const="",
        metavar="NUMBER",
        help="a key of results/score.json; none: the headline numbers",
    )
    verb.add_argument(
        "--of",
        default="workspace",
        metavar="NAME",
        help="with --score: a DVC experiment or commit; default: workspace",
    )
    verb.set_defaults(action=_explain)


def _cache(arguments: argparse.Namespace) -> None:
    from bettersynth.verbs import cache as cached_scores

    if arguments.what == "size":
        cached_scores.print_sizes(arguments.operators)
    elif arguments.what == "verify":
        cached_scores.verify(arguments.operators)
    else:
        cached_scores.drop(arguments.operators, arguments.all, arguments.old, arguments.damaged)


def add_cache(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "cache",
        help="size, check or empty the cache of scores",
        description="size: what is in it. verify: is every file sound. drop: empty columns; what is measured next is scored anew.",
        epilog="Safe while jobs are running. The cache is .cache/scores, or BETTERSYNTH_CACHE.",
    )
    verb.add_argument("what", nargs="?", choices=["size", "verify", "drop"], default="size")
    verb.add_argument("operators", nargs="*", metavar="OPERATOR", help="only these")
    verb.add_argument("--all", action="store_true", help="drop every score")
    verb.add_argument(
        "--old", action="store_true", help="drop what no present operator version reads"
    )
    verb.add_argument(
        "--damaged", action="store_true", help="remove files that `verify` finds fault with"
    )
    verb.set_defaults(action=_cache)


def _models(arguments: argparse.Namespace) -> None:
    from bettersynth.data.files.writing import write_json
    from bettersynth.experiments.workflow.experiment import composed_params
    from bettersynth.experiments.workflow.needed_files import needed_files, show

    rows = needed_files(composed_params(arguments.experiment))
    print(show(rows))
    if arguments.output:
        write_json(arguments.output, [vars(row) for row in rows])
    if lacking := sum(row.lacking for row in rows):
        raise UserError(f"{lacking} of {len(rows)} files are missing, or others than expected")


def add_models(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "models",
        help="every file that an experiment needs from outside: there or not",
        description="List weights, data and benchmark files with size and sha256, and where the missing ones are from. Exit code 1 if any is.",
        epilog="The list is conf/files and the downloads of the source; nothing is fetched.",
    )
    verb.add_argument(
        "experiment",
        nargs="?",
        help="NAME of conf/experiment/NAME.yaml; default: what params.yaml says",
    )
    verb.add_argument(
        "--output", type=Path, default=None, help="write the list with whole hashes as json too"
    )
    verb.set_defaults(action=_models)


VERBS = (
    add_run,
    add_analyze,
    add_audit,
    add_convert,
    add_score,
    add_submission,
    add_compare,
    add_diff,
    add_costs,
    add_explain,
    add_cache,
    add_models,
)


def parser() -> argparse.ArgumentParser:
    """Return the whole command line; each verb's `--help` says what it reads and writes."""
    top = argparse.ArgumentParser(
        prog="bettersynth",
        description="What is not a pipeline stage. The pipeline itself is `snakemake --cores all results/score.json`.",
    )
    verbs = top.add_subparsers(title="verbs", required=True, metavar="VERB")
    for add in VERBS:
        add(verbs)
    return top


def main() -> None:
    arguments = parser().parse_args()
    run_step(lambda: arguments.action(arguments))


if __name__ == "__main__":
    main()
