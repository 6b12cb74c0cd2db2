"""What the scripts that run two binaries of a bench in turns are asked."""

import argparse


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def old_and_new(document, turns):
    """The options of a script with this docstring, which runs each binary so often unless it is told otherwise."""
    summary, details = document.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", metavar="OLD", help="the binary to compare with")
    parser.add_argument("new", metavar="NEW", help="the binary in question")
    parser.add_argument("--turns", type=positive, default=turns, help="how often each binary runs (default: %(default)s)")
    return parser
