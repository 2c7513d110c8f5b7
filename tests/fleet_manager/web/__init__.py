"""Pages of the console, asked without a screen."""
