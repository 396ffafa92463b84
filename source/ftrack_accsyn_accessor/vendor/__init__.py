"""The vendor loop: hand work out, take it back, publish it, close."""
