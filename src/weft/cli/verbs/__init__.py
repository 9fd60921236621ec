"""One file per verb: arguments in, a use case of `weft.app`, its result drawn, an exit code out."""
