package org.tensorflow.lite;

/** What is known of one input or output. */
public interface Tensor {
  DataType dataType();

  int[] shape();
}
