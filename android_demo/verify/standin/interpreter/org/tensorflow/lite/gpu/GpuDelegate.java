package org.tensorflow.lite.gpu;

import org.tensorflow.lite.Delegate;

/** A GPU that is not there: an Interpreter refuses it, as on a phone whose GPU cannot run a model. */
public class GpuDelegate implements Delegate {
  @Override
  public long getNativeHandle() {
    return 0;
  }

  @Override
  public void close() {}
}
