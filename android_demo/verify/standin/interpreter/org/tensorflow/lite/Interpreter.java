package org.tensorflow.lite;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dfnet.standin.NativeModel;
import org.dfnet.standin.Port;
import org.dfnet.standin.Signature;

/**
 * A stand-in for the class of LiteRT 1.x, for tests on a computer: the members that the app uses,
 * over the C library of the Python package. It computes with the real kernels on the CPU, in as
 * many threads as it likes, and refuses every delegate.
 */
public final class Interpreter implements AutoCloseable {
  private final NativeModel model;

  /** How to compute. */
  public static class Options {
    private final List<Delegate> delegates = new ArrayList<>();

    public Options setNumThreads(int threads) {
      return this;
    }

    public Options addDelegate(Delegate delegate) {
      delegates.add(delegate);
      return this;
    }
  }

  public Interpreter(ByteBuffer content, Options options) {
    if (!content.isDirect()) {
      throw new IllegalArgumentException("Model ByteBuffer should be a direct ByteBuffer.");
    }
    if (!options.delegates.isEmpty()) {
      throw new IllegalArgumentException("Internal error: Failed to apply delegate: there is no GPU here.");
    }
    model = new NativeModel(content, NativeModel.CPU);
  }

  public String[] getSignatureKeys() {
    return model.signatures.stream().map(signature -> signature.key).toArray(String[]::new);
  }

  public String[] getSignatureInputs(String key) {
    return Signature.names(signature(key).inputs).toArray(new String[0]);
  }

  public String[] getSignatureOutputs(String key) {
    return Signature.names(signature(key).outputs).toArray(new String[0]);
  }

  public Tensor getInputTensorFromSignature(String name, String key) {
    return tensor(Signature.port(signature(key).inputs, name));
  }

  public Tensor getOutputTensorFromSignature(String name, String key) {
    return tensor(Signature.port(signature(key).outputs, name));
  }

  public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String key) {
    Signature signature = signature(key);
    if (inputs.size() != signature.inputs.size()) {
      throw new IllegalArgumentException("Input error: Expected " + Signature.names(signature.inputs)
          + " as inputs but got " + inputs.keySet() + ".");
    }
    inputs.forEach((name, buffer) -> read(Signature.port(signature.inputs, name), (ByteBuffer) buffer));
    signature.run(model);
    outputs.forEach((name, buffer) -> write(Signature.port(signature.outputs, name), (FloatBuffer) buffer));
  }

  @Override
  public void close() {
    model.close();
  }

  private Signature signature(String key) {
    if (model.isClosed()) {
      throw new IllegalStateException("Internal error: The Interpreter has already been closed.");
    }
    return model.signature(key);
  }

  /** The whole of a direct buffer, whatever its position, as the real runtime does. */
  private static void read(Port port, ByteBuffer source) {
    ByteBuffer bytes = source.duplicate();
    bytes.clear();
    expectBytes(port, bytes);
    port.memory().put(bytes);
  }

  /** From the buffer's position, which it moves, as the real runtime does. */
  private static void write(Port port, FloatBuffer target) {
    FloatBuffer values = port.memory().asFloatBuffer();
    if (target.capacity() != values.capacity()) {
      throw new IllegalArgumentException("Cannot copy from a tensor " + port.name + " of "
          + values.capacity() + " numbers to a Java Buffer of " + target.capacity() + ".");
    }
    target.put(values);
  }

  private static void expectBytes(Port port, Buffer buffer) {
    if (buffer.capacity() != port.memory().capacity()) {
      throw new IllegalArgumentException("Cannot copy to a tensor " + port.name + " of "
          + port.memory().capacity() + " bytes from a Java Buffer of " + buffer.capacity() + " bytes.");
    }
  }

  private static Tensor tensor(Port port) {
    return new Tensor() {
      @Override
      public DataType dataType() {
        return DataType.of(port.type);
      }

      @Override
      public int[] shape() {
        return port.shape.clone();
      }
    };
  }
}
