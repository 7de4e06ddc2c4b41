package org.tensorflow.lite;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A stand-in for the class of the LiteRT AAR, for tests on a computer: the members that the app uses,
 * over the C library of the Python package. It computes with the real kernels on the CPU, in as
 * many threads as it likes, and refuses every delegate.
 */
public final class Interpreter implements AutoCloseable {
  private final ByteBuffer content; // The native model points into it.
  private final Pointer environment;
  private final Pointer model;
  private final Pointer compiled;
  private final List<Signature> signatures = new ArrayList<>();
  private boolean closed;

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
    this.content = content;
    environment = NativeLiteRt.get("environment",
        answer -> NativeLiteRt.LiteRtCreateEnvironment(0, null, answer));
    model = NativeLiteRt.get("ByteBuffer is not a valid TensorFlow Lite model flatbuffer",
        answer -> NativeLiteRt.LiteRtCreateModelFromBuffer(environment,
            Native.getDirectBufferPointer(content), content.capacity(), answer));
    compiled = compile();
    int count = NativeLiteRt.count("signatures",
        answer -> NativeLiteRt.LiteRtGetNumModelSignatures(model, answer));
    for (int i = 0; i < count; i++) {
      signatures.add(new Signature(model, i));
    }
  }

  public String[] getSignatureKeys() {
    return signatures.stream().map(signature -> signature.key).toArray(String[]::new);
  }

  public String[] getSignatureInputs(String key) {
    return Signature.names(signature(key).inputs).toArray(new String[0]);
  }

  public String[] getSignatureOutputs(String key) {
    return Signature.names(signature(key).outputs).toArray(new String[0]);
  }

  public Tensor getInputTensorFromSignature(String name, String key) {
    return Signature.port(signature(key).inputs, name);
  }

  public Tensor getOutputTensorFromSignature(String name, String key) {
    return Signature.port(signature(key).outputs, name);
  }

  public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String key) {
    signature(key).run(compiled, inputs, outputs);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    signatures.forEach(Signature::close);
    NativeLiteRt.LiteRtDestroyCompiledModel(compiled);
    NativeLiteRt.LiteRtDestroyModel(model);
    NativeLiteRt.LiteRtDestroyEnvironment(environment);
  }

  private Pointer compile() {
    Pointer options = NativeLiteRt.get("options", NativeLiteRt::LiteRtCreateOptions);
    NativeLiteRt.check("CPU", NativeLiteRt.LiteRtSetOptionsHardwareAccelerators(options, NativeLiteRt.CPU));
    Pointer answer = NativeLiteRt.get("Failed to compile the model",
        compiled -> NativeLiteRt.LiteRtCreateCompiledModel(environment, model, options, compiled));
    NativeLiteRt.LiteRtDestroyOptions(options);
    return answer;
  }

  private Signature signature(String key) {
    if (closed) {
      throw new IllegalStateException("Internal error: The Interpreter has already been closed.");
    }
    for (Signature signature : signatures) {
      if (signature.key.equals(key)) {
        return signature;
      }
    }
    throw new IllegalArgumentException("Input error: Signature '" + key + "' not found.");
  }
}
