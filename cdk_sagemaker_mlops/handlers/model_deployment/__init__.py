"""The controller that keeps one endpoint on the newest approved model package of one group."""
