"""The registries that come along, as files: description, rules, trained model."""
