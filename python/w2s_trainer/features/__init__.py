"""Features: fixed, label-free maps from inputs to vectors, one file each."""
