"""What goes wrong with a registry's data, its description or its results."""

from lienthong.kernel.errors import BadInput, LienthongError


class ExtraMissing(LienthongError):
    """What cleans registries is not installed."""

    code = "quality_not_installed"
    hint = "Install it with: pip install 'lienthong[quality]'."


class RegistryUnknown(BadInput):
    """There is no registry of that name."""

    code = "registry_unknown"
    hint = "Name member, person or a TOML file."


class RegistryInvalid(BadInput):
    """The description of the registry is not well formed."""

    code = "registry_invalid"
    hint = "Compare the place with docs/quality.md, section Describing a registry."


class RecordsRefused(BadInput):
    """The records cannot be read."""

    code = "records_refused"
    hint = "Correct the file at that place and run the command again; nothing was written."


class MembersImpossible(BadInput):
    """Such members cannot be made up."""

    code = "quality_members_impossible"
    hint = "Write how many, and of which units, as lienthong quality generate --help says."


class ResultsTaken(BadInput):
    """The output folder holds something already."""

    code = "results_taken"
    hint = "Name a new folder, or replace what an earlier run wrote there with --force."


class ResultsUnusable(BadInput):
    """The folder does not hold the results of a run."""

    code = "results_unusable"
    hint = "Name the output folder of a finished run."


class ModelUnusable(BadInput):
    """The file is not a model for this registry as it is described now."""

    code = "quality_model_unusable"
    hint = "Train one with: lienthong quality train."


class DecisionsRefused(BadInput):
    """The decisions cannot be read."""

    code = "quality_decisions_refused"
    hint = "Write record_id_l, record_id_r and decision, which is same or different, for two records each."


class TruthRefused(BadInput):
    """What is known does not fit the records."""

    code = "quality_truth_refused"
    hint = "Name a column that says whose a record is, or pairs of record ids that are in the input."


class MergeImpossible(BadInput):
    """These persons cannot be merged."""

    code = "quality_merge_impossible"
    hint = "Name two persons or more who each have records."


class MergeBuiltUpon(LienthongError):
    """A later merge builds upon this one."""

    code = "quality_merge_built_upon"
    hint = "Undo the later merge first."


class IndexUnusable(BadInput):
    """The registry cannot be asked for one record."""

    code = "quality_index_unusable"
    hint = "Name the results of lienthong quality link or run, made with the same registry as it is now."


class SparkUnavailable(LienthongError):
    """Spark does not start."""

    code = "quality_spark_unavailable"
    hint = "Install it with: pip install 'lienthong[spark]', and Java 17; or link without --engine spark."
