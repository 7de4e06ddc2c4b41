package org.dfnet.standin;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A model that LiteRT's C library has compiled. */
public final class NativeModel implements AutoCloseable {
  public static final int CPU = 1; // LiteRtHwAccelerators, as the next two
  public static final int GPU = 2;
  public static final int NPU = 4;

  public final List<Signature> signatures = new ArrayList<>();
  final Pointer compiled;
  private final ByteBuffer content; // The native model points into it.
  private final Pointer environment;
  private final Pointer model;
  private boolean closed;

  /**
   * Compiles a .tflite file.
   *
   * @param content direct.
   * @param processors a sum of {@link #CPU}, {@link #GPU} and {@link #NPU}; one of them must take each operator.
   * @throws IllegalArgumentException if the file is no model or the processors refuse it.
   */
  public NativeModel(ByteBuffer content, int processors) {
    this.content = content;
    environment = NativeLiteRt.get("environment",
        answer -> NativeLiteRt.LiteRtCreateEnvironment(0, null, answer));
    model = NativeLiteRt.get("ByteBuffer is not a valid TensorFlow Lite model flatbuffer",
        answer -> NativeLiteRt.LiteRtCreateModelFromBuffer(environment,
            Native.getDirectBufferPointer(content), content.capacity(), answer));
    compiled = compile(processors);
    int count = NativeLiteRt.count("signatures",
        answer -> NativeLiteRt.LiteRtGetNumModelSignatures(model, answer));
    for (int i = 0; i < count; i++) {
      signatures.add(new Signature(model, i));
    }
  }

  public boolean isClosed() {
    return closed;
  }

  /** The function of that name. */
  public Signature signature(String key) {
    for (Signature signature : signatures) {
      if (signature.key.equals(key)) {
        return signature;
      }
    }
    throw new IllegalArgumentException("Input error: Signature '" + key + "' not found.");
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

  private Pointer compile(int processors) {
    Pointer options = NativeLiteRt.get("options", NativeLiteRt::LiteRtCreateOptions);
    NativeLiteRt.check("processors", NativeLiteRt.LiteRtSetOptionsHardwareAccelerators(options, processors));
    Pointer answer = NativeLiteRt.get("Failed to compile the model",
        compiled -> NativeLiteRt.LiteRtCreateCompiledModel(environment, model, options, compiled));
    NativeLiteRt.LiteRtDestroyOptions(options);
    return answer;
  }
}
