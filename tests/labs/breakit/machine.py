"""Ten of the kernels with a mistake, 6 points each; 20 for quiet on those without."""

import killstage

TESTS = killstage.tests(wrong=10, points=6, quiet=20)
