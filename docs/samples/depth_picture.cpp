// Depth of a picture in C++, by LiteRT's C library.
//
//   g++ -std=c++17 depth_picture.cpp -o depth_picture LIBRARY/libLiteRt.so -Wl,-rpath,LIBRARY
//   ./depth_picture depth_int8.tflite street.ppm disparity.pfm
//
// LIBRARY is where `pip install ai-edge-litert` puts its files. The model is one of `python -m export.export_tflite
// --input=uint8`; the picture is a binary PPM of the model's size; disparity.pfm holds 1 / depth in floats.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "litert_c.h"

[[noreturn]] void fail(const std::string& line) {
  std::cerr << line << "\n";
  std::exit(1);
}

void check(LiteRtStatus status, const char* what) {
  if (status != 0) fail(std::string(what) + " failed: LiteRT status " + std::to_string(status));
}

// An input or output with memory of its own.
struct Array {
  std::string name;
  LiteRtRankedTensorType type{};
  std::size_t bytes = 0;
  void* memory = nullptr;
  LiteRtTensorBuffer buffer = nullptr;

  Array(const char* name, LiteRtTensor tensor) : name(name) {
    check(LiteRtGetRankedTensorType(tensor, &type), "The type of an array");
    bytes = type.element_type == 1 ? sizeof(float) : 1;
    for (unsigned i = 0; i < type.layout.rank; ++i) bytes *= type.layout.dimensions[i];
    const std::size_t step = LITERT_HOST_MEMORY_BUFFER_ALIGNMENT;
    memory = std::aligned_alloc(step, (bytes + step - 1) / step * step);
    check(LiteRtCreateTensorBufferFromHostMemory(&type, memory, bytes, nullptr, &buffer), "A buffer");
  }
  int height() const { return type.layout.dimensions[1]; }
  int width() const { return type.layout.dimensions[2]; }
};

Array& named(std::vector<Array>& arrays, const std::string& name) {
  for (Array& array : arrays)
    if (array.name == name) return array;
  fail("Expected a model with " + name + ".");
}

void read_ppm(const char* path, Array& image) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int width = 0, height = 0, greatest = 0;
  file >> magic >> width >> height >> greatest;
  file.get();
  if (magic != "P6" || width != image.width() || height != image.height() || image.type.element_type != 3)
    fail("Expected a binary PPM of " + std::to_string(image.width()) + "x" + std::to_string(image.height()) +
         " and a model with uint8 input. Received: " + path + ".");
  file.read(static_cast<char*>(image.memory), static_cast<std::streamsize>(image.bytes));
}

void write_pfm(const char* path, const Array& disparity) {
  std::ofstream file(path, std::ios::binary);
  file << "Pf\n" << disparity.width() << " " << disparity.height() << "\n-1.0\n";
  const float* values = static_cast<const float*>(disparity.memory);
  for (int y = disparity.height(); y-- > 0;)  // The last row comes first.
    file.write(reinterpret_cast<const char*>(values + y * disparity.width()), disparity.width() * sizeof(float));
}

// The inputs or the outputs of a function, by the three functions of the API for the one or the other.
template <typename Count, typename Name, typename Tensor>
std::vector<Array> arrays(LiteRtSignature signature, Count count, Name name_at, Tensor tensor_at) {
  std::vector<Array> found;
  std::size_t size;
  check(count(signature, &size), "The number of arrays");
  for (std::size_t i = 0; i < size; ++i) {
    const char* name;
    LiteRtTensor tensor;
    check(name_at(signature, i, &name), "The name of an array");
    check(tensor_at(signature, i, &tensor), "An array");
    found.emplace_back(name, tensor);
  }
  return found;
}

// The place of the function `depth` among those of a model.
std::size_t depth_function(LiteRtModel model, LiteRtSignature* signature) {
  std::size_t size;
  check(LiteRtGetNumModelSignatures(model, &size), "The number of functions");
  for (std::size_t i = 0; i < size; ++i) {
    const char* key;
    check(LiteRtGetModelSignature(model, i, signature), "A function");
    check(LiteRtGetSignatureKey(*signature, &key), "The name of a function");
    if (std::strcmp(key, "depth") == 0) return i;
  }
  fail("Expected a depth model.");
}

int main(int count, char** arguments) {
  if (count != 4) fail("Expected: depth_picture MODEL.tflite PICTURE.ppm DISPARITY.pfm");
  LiteRtEnvironment environment;
  LiteRtModel model;
  LiteRtOptions options;
  LiteRtCompiledModel compiled;
  check(LiteRtCreateEnvironment(0, nullptr, &environment), "The environment");
  check(LiteRtCreateModelFromFile(environment, arguments[1], &model), "Reading the model");
  check(LiteRtCreateOptions(&options), "The options");
  check(LiteRtSetOptionsHardwareAccelerators(options, kLiteRtHwAcceleratorCpu), "The CPU");
  check(LiteRtCreateCompiledModel(environment, model, options, &compiled), "Compiling the model");

  LiteRtSignature signature;
  const std::size_t depth = depth_function(model, &signature);
  std::vector<Array> inputs = arrays(signature, LiteRtGetNumSignatureInputs, LiteRtGetSignatureInputName,
                                     LiteRtGetSignatureInputTensorByIndex);
  std::vector<Array> outputs = arrays(signature, LiteRtGetNumSignatureOutputs, LiteRtGetSignatureOutputName,
                                      LiteRtGetSignatureOutputTensorByIndex);
  std::vector<LiteRtTensorBuffer> given, computed;
  for (const Array& array : inputs) given.push_back(array.buffer);
  for (const Array& array : outputs) computed.push_back(array.buffer);

  read_ppm(arguments[2], named(inputs, "image"));
  check(LiteRtRunCompiledModel(compiled, depth, given.size(), given.data(), computed.size(), computed.data()),
        "Running the model");
  write_pfm(arguments[3], named(outputs, "disparity"));

  for (LiteRtTensorBuffer buffer : given) LiteRtDestroyTensorBuffer(buffer);
  for (LiteRtTensorBuffer buffer : computed) LiteRtDestroyTensorBuffer(buffer);
  LiteRtDestroyCompiledModel(compiled);
  LiteRtDestroyOptions(options);
  LiteRtDestroyModel(model);
  LiteRtDestroyEnvironment(environment);
}
