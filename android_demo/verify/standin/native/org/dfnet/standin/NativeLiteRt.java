package org.dfnet.standin;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of libLiteRt.so (ai-edge-litert 2.3.0) that {@link NativeModel} needs, and their types.
 *
 * <p>Source: litert/c/litert_model.h, litert_compiled_model.h and litert_tensor_buffer.h of
 * google-ai-edge/LiteRT. Each returns a status, 0 if all is well. The library is that of the system
 * property {@code litert.library}.
 */
final class NativeLiteRt {
  static final int ALIGNMENT = 64; // LITERT_HOST_MEMORY_BUFFER_ALIGNMENT
  static final int RANKED_TENSOR_TYPE_BYTES = 128; // More than LiteRtRankedTensorType has.

  static {
    Native.register(NativeLiteRt.class, NativeLibrary.getInstance(System.getProperty("litert.library")));
  }

  private NativeLiteRt() {}

  static native int LiteRtCreateEnvironment(int options, Pointer none, PointerByReference environment);

  static native void LiteRtDestroyEnvironment(Pointer environment);

  static native int LiteRtCreateModelFromBuffer(
      Pointer environment, Pointer content, long bytes, PointerByReference model);

  static native void LiteRtDestroyModel(Pointer model);

  static native int LiteRtCreateOptions(PointerByReference options);

  static native int LiteRtSetOptionsHardwareAccelerators(Pointer options, int accelerators);

  static native void LiteRtDestroyOptions(Pointer options);

  static native int LiteRtCreateCompiledModel(
      Pointer environment, Pointer model, Pointer options, PointerByReference compiled);

  static native void LiteRtDestroyCompiledModel(Pointer compiled);

  static native int LiteRtRunCompiledModel(
      Pointer compiled, long signature, long numInputs, Pointer inputs, long numOutputs, Pointer outputs);

  static native int LiteRtGetNumModelSignatures(Pointer model, Pointer count);

  static native int LiteRtGetModelSignature(Pointer model, long index, PointerByReference signature);

  static native int LiteRtGetSignatureKey(Pointer signature, PointerByReference key);

  static native int LiteRtGetNumSignatureInputs(Pointer signature, Pointer count);

  static native int LiteRtGetNumSignatureOutputs(Pointer signature, Pointer count);

  static native int LiteRtGetSignatureInputName(Pointer signature, long index, PointerByReference name);

  static native int LiteRtGetSignatureOutputName(Pointer signature, long index, PointerByReference name);

  static native int LiteRtGetSignatureInputTensorByIndex(
      Pointer signature, long index, PointerByReference tensor);

  static native int LiteRtGetSignatureOutputTensorByIndex(
      Pointer signature, long index, PointerByReference tensor);

  static native int LiteRtGetRankedTensorType(Pointer tensor, Pointer type);

  static native int LiteRtCreateTensorBufferFromHostMemory(
      Pointer type, Pointer memory, long bytes, Pointer noDeallocator, PointerByReference buffer);

  static native void LiteRtDestroyTensorBuffer(Pointer buffer);

  /** A function that answers in a pointer. */
  interface Getter {
    int call(PointerByReference answer);
  }

  /** A function that answers in a number. */
  interface Counter {
    int call(Pointer answer);
  }

  static Pointer get(String what, Getter getter) {
    PointerByReference answer = new PointerByReference();
    check(what, getter.call(answer));
    return answer.getValue();
  }

  static int count(String what, Counter counter) {
    Memory answer = new Memory(Long.BYTES);
    check(what, counter.call(answer));
    return (int) answer.getLong(0);
  }

  static void check(String what, int status) {
    if (status != 0) {
      throw new IllegalArgumentException("Internal error: " + what + " (LiteRT status " + status + ")");
    }
  }
}
