"""What the loading of results refuses."""

from lienthong.office.core.errors import OfficeError


class ResultsNotLoaded(OfficeError):
    """These results cannot be loaded here."""

    code = "members_not_loaded"
    hint = "Make them with lienthong quality run for the registry that this office keeps."


class NoOrgans(OfficeError):
    """No organ stands for an administrative unit."""

    code = "members_no_organs"
    hint = "Give organs their area code first: members belong to the organ of their unit."
