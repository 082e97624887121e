from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas


def test_torchvision_imports_beside_any_torch_and_a_second_call_does_nothing():
    library = declare_missing_schemas()
    import torchvision

    assert torchvision.__version__
    assert declare_missing_schemas() is library
