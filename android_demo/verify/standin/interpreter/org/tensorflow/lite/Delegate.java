package org.tensorflow.lite;

import java.io.Closeable;

/** Something other than the CPU that computes. */
public interface Delegate extends Closeable {
  long getNativeHandle();

  @Override
  default void close() {}
}
