package org.tensorflow.lite;

/** The number types that this project's models take and give; a part of the real enum. */
public enum DataType {
  FLOAT32(1, 4),
  UINT8(3, 1),
  INT8(9, 1);

  private final int code; // As in the .tflite file.
  private final int bytes;

  DataType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  public int byteSize() {
    return bytes;
  }

  static DataType of(int code) {
    for (DataType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("Cannot convert type " + code + " of the model.");
  }
}
