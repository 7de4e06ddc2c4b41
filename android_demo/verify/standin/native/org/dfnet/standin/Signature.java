package org.dfnet.standin;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;

/** One function of a compiled model, with the memory of its inputs and outputs. */
public final class Signature implements AutoCloseable {
  public final String key;
  public final List<Port> inputs;
  public final List<Port> outputs;
  private final int index;
  private final Memory inputBuffers;
  private final Memory outputBuffers;

  Signature(Pointer model, int index) {
    this.index = index;
    Pointer signature =
        NativeLiteRt.get("signature", answer -> NativeLiteRt.LiteRtGetModelSignature(model, index, answer));
    key = text(answer -> NativeLiteRt.LiteRtGetSignatureKey(signature, answer));
    inputs = ports(signature,
        NativeLiteRt::LiteRtGetNumSignatureInputs,
        NativeLiteRt::LiteRtGetSignatureInputName,
        NativeLiteRt::LiteRtGetSignatureInputTensorByIndex);
    outputs = ports(signature,
        NativeLiteRt::LiteRtGetNumSignatureOutputs,
        NativeLiteRt::LiteRtGetSignatureOutputName,
        NativeLiteRt::LiteRtGetSignatureOutputTensorByIndex);
    inputBuffers = pointers(inputs);
    outputBuffers = pointers(outputs);
  }

  /** Computes what the memory of the outputs holds from what that of the inputs holds. */
  public void run(NativeModel model) {
    NativeLiteRt.check("Failed to run " + key, NativeLiteRt.LiteRtRunCompiledModel(
        model.compiled, index, inputs.size(), inputBuffers, outputs.size(), outputBuffers));
  }

  public static Port port(List<Port> ports, String name) {
    for (Port port : ports) {
      if (port.name.equals(name)) {
        return port;
      }
    }
    throw new IllegalArgumentException("Input error: '" + name + "' is not a valid name: " + names(ports));
  }

  public static List<String> names(List<Port> ports) {
    List<String> names = new ArrayList<>();
    for (Port port : ports) {
      names.add(port.name);
    }
    return names;
  }

  @Override
  public void close() {
    inputs.forEach(port -> NativeLiteRt.LiteRtDestroyTensorBuffer(port.buffer));
    outputs.forEach(port -> NativeLiteRt.LiteRtDestroyTensorBuffer(port.buffer));
  }

  private interface CountOf {
    int call(Pointer signature, Pointer answer);
  }

  private interface ItemOf {
    int call(Pointer signature, long index, PointerByReference answer);
  }

  private static List<Port> ports(Pointer signature, CountOf count, ItemOf name, ItemOf tensor) {
    List<Port> ports = new ArrayList<>();
    int size = NativeLiteRt.count("number of ports", answer -> count.call(signature, answer));
    for (int i = 0; i < size; i++) {
      int item = i;
      ports.add(new Port(
          text(answer -> name.call(signature, item, answer)),
          NativeLiteRt.get("tensor", answer -> tensor.call(signature, item, answer))));
    }
    return ports;
  }

  private static String text(NativeLiteRt.Getter getter) {
    return NativeLiteRt.get("name", getter).getString(0);
  }

  private static Memory pointers(List<Port> ports) {
    Memory array = new Memory((long) ports.size() * Native.POINTER_SIZE);
    for (int i = 0; i < ports.size(); i++) {
      array.setPointer((long) i * Native.POINTER_SIZE, ports.get(i).buffer);
    }
    return array;
  }
}
