package org.dfnet.standin;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One input or output of a signature, with memory of its own. */
public final class Port {
  private static final int FLOAT32 = 1; // Numbers of types as in the .tflite file.
  private static final int UINT8 = 3;
  private static final int INT8 = 9;

  public final String name;
  public final int type;
  public final int[] shape;
  final Pointer buffer; // LiteRtTensorBuffer
  private final ByteBuffer memory;

  Port(String name, Pointer tensor) {
    this.name = name;
    Memory ranked = new Memory(NativeLiteRt.RANKED_TENSOR_TYPE_BYTES);
    NativeLiteRt.check("type of " + name, NativeLiteRt.LiteRtGetRankedTensorType(tensor, ranked));
    // LiteRtRankedTensorType: the element's type, 7 bits of rank and flags, the dimensions.
    type = ranked.getInt(0);
    shape = ranked.getIntArray(8, ranked.getInt(4) & 127);
    int bytes = elementBytes();
    for (int side : shape) {
      bytes *= side;
    }
    Pointer aligned = new Memory(bytes + NativeLiteRt.ALIGNMENT).align(NativeLiteRt.ALIGNMENT);
    memory = aligned.getByteBuffer(0, bytes);
    long size = bytes;
    buffer = NativeLiteRt.get("buffer of " + name,
        answer -> NativeLiteRt.LiteRtCreateTensorBufferFromHostMemory(ranked, aligned, size, null, answer));
  }

  /** The numbers themselves, from the first to the last. */
  public ByteBuffer memory() {
    ByteBuffer all = memory.duplicate().order(ByteOrder.nativeOrder());
    all.clear();
    return all;
  }

  private int elementBytes() {
    switch (type) {
      case FLOAT32:
        return Float.BYTES;
      case UINT8:
      case INT8:
        return 1;
      default:
        throw new IllegalArgumentException("Cannot convert type " + type + " of the model.");
    }
  }
}
