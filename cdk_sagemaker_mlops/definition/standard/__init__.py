"""The steps of the built-in pipeline, a module a stage."""
