//! What a person sees of runs: everything here is read from run directories.
