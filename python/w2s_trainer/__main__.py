"""`python -m w2s_trainer worker --home DIR`: takes over stdin and stdout before anything else can write to them.

An old Python has to be able to read this file and what it imports before the check.
"""

import sys

from . import stdio

protocol_in, protocol_out = stdio.take()

from . import oldest  # noqa: E402

oldest.check(sys.version_info, protocol_out)

from .cli import main  # noqa: E402  (everything else may print only after the lines above)

main(protocol_in, protocol_out)
