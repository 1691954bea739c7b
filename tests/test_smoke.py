async def test_directory(anonymous):
    reply = await anonymous("{ districts { code name kind divisionCode insuranceAgency { name phones email } } }")
    assert len(reply.data["districts"]) == 17
    assert reply.data["districts"][0]["code"] == "dongcheng"
    print(reply.data["districts"][16])
