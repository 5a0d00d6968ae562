"""The domain's voice: what is said to whom, in which words, and that it arrives."""
