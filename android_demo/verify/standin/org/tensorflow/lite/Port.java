package org.tensorflow.lite;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** One input or output of a signature, with memory of its own. */
final class Port implements Tensor {
  final String name;
  final Pointer buffer; // LiteRtTensorBuffer
  private final DataType type;
  private final int[] shape;
  private final ByteBuffer memory;

  Port(String name, Pointer tensor) {
    this.name = name;
    Memory ranked = new Memory(NativeLiteRt.RANKED_TENSOR_TYPE_BYTES);
    NativeLiteRt.check("type of " + name, NativeLiteRt.LiteRtGetRankedTensorType(tensor, ranked));
    // LiteRtRankedTensorType: the element's type, 7 bits of rank and flags, the dimensions.
    type = DataType.of(ranked.getInt(0));
    shape = ranked.getIntArray(8, ranked.getInt(4) & 127);
    int bytes = type.byteSize();
    for (int side : shape) {
      bytes *= side;
    }
    Pointer aligned = new Memory(bytes + NativeLiteRt.ALIGNMENT).align(NativeLiteRt.ALIGNMENT);
    memory = aligned.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    long size = bytes;
    buffer = NativeLiteRt.get("buffer of " + name,
        answer -> NativeLiteRt.LiteRtCreateTensorBufferFromHostMemory(ranked, aligned, size, null, answer));
  }

  @Override
  public DataType dataType() {
    return type;
  }

  @Override
  public int[] shape() {
    return shape.clone();
  }

  /** The whole of a direct buffer, whatever its position, as the real runtime does. */
  void read(Object source) {
    ByteBuffer bytes = ((ByteBuffer) source).duplicate();
    bytes.clear();
    expectCapacity(bytes.capacity());
    ((ByteBuffer) memory.duplicate().clear()).put(bytes);
  }

  /** From the buffer's position, which it moves, as the real runtime does. */
  void write(Object target) {
    ByteBuffer source = memory.duplicate().order(ByteOrder.nativeOrder());
    expectCapacity(((Buffer) target).capacity() * (target instanceof FloatBuffer ? Float.BYTES : 1));
    if (target instanceof FloatBuffer) {
      ((FloatBuffer) target).put(source.asFloatBuffer());
    } else {
      ((ByteBuffer) target).put(source);
    }
  }

  private void expectCapacity(int bytes) {
    if (bytes != memory.capacity()) {
      throw new IllegalArgumentException("Cannot copy between a tensor " + name + " of "
          + memory.capacity() + " bytes and a Java Buffer of " + bytes + " bytes.");
    }
  }
}
