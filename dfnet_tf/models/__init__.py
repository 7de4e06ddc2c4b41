"""The trainable models: DFNet and its three students."""
