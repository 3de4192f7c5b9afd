"""Make the variables that hold weights."""

import tensorflow as tf


def weight(*shape: int) -> tf.Variable:
    """Make a float32 variable of zeros; the weights are loaded into it."""
    return tf.Variable(tf.zeros(shape))
