def test_it(cast):
    assert cast.carla.therapist == cast.alma
