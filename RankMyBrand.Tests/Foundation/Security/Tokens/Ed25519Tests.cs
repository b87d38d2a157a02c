using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class Ed25519Tests
{
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("a message");

    // RFC 8032 section 7.1: tests 1, 2, 3, 1024 and SHA(abc).
    public static TheoryData<string, string, string> Vectors { get; } = new()
    {
        {
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
            "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1"
            + "e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d"
            + "658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a"
            + "7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
            + "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
            + "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1"
            + "85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d"
            + "502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
            + "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b"
            + "eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
            + "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
            + "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
            + "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
            + "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df"
            + "f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
            + "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
            + "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09"
            + "43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f"
            + "b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161"
            + "0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
            + "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca"
            + "c60c905c15fc910840b94c00a0b9d0",
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03"
        },
        {
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    // The encodings of the points of order 1, 2, 4 and 8, canonical or not.
    public static TheoryData<string> SmallOrderPoints { get; } = new()
    {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    };

    // A y of p or more, and the points with x = 0 and the sign of an odd x.
    public static TheoryData<string> NonCanonicalPoints { get; } = new()
    {
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Verify_VectorOfRfc8032_Accepts(string publicKey, string message, string signature)
    {
        var key = Ed25519PublicKey.TryDecode(Convert.FromHexString(publicKey))!;
        var bytes = Convert.FromHexString(signature);

        Assert.True(Ed25519PublicKey.IsWellFormed(bytes));
        Assert.True(key.Verify(Convert.FromHexString(message), bytes));
        Assert.False(key.Verify([.. Convert.FromHexString(message), 0], bytes));
    }

    [Fact]
    public void Verify_RandomKeysAndMessages_AgreesWithTheReference()
    {
        for (var i = 0; i < 12; i++)
        {
            var seed = RandomNumberGenerator.GetBytes(32);
            var message = RandomNumberGenerator.GetBytes(i * 7);
            var key = Ed25519PublicKey.TryDecode(Ed25519Reference.PublicKey(seed))!;
            var signature = Ed25519Reference.Sign(seed, message);

            Assert.True(key.Verify(message, signature));
            signature[i % 32] ^= 1;
            Assert.False(key.Verify(message, signature));
        }
    }

    [Fact]
    public void Verify_AnyBitOfTheSignatureFlipped_Refuses()
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var key = Ed25519PublicKey.TryDecode(Ed25519Reference.PublicKey(seed))!;
        var signature = Ed25519Reference.Sign(seed, s_message);

        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            var changed = (byte[])signature.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519PublicKey.IsWellFormed(changed) && key.Verify(s_message, changed), $"bit {bit}");
        }
    }

    [Fact]
    public void IsWellFormed_SPlusOrderOrWrongLength_Refuses()
    {
        var signature = Ed25519Reference.Sign(RandomNumberGenerator.GetBytes(32), s_message);
        byte[] second = [.. signature[..32], .. Ed25519Reference.Bytes(new BigInteger(signature.AsSpan(32), isUnsigned: true) + Ed25519Reference.L)];

        Assert.True(Ed25519PublicKey.IsWellFormed(signature));
        Assert.False(Ed25519PublicKey.IsWellFormed(second));
        Assert.False(Ed25519PublicKey.IsWellFormed([.. signature[..32], .. Ed25519Reference.Bytes(Ed25519Reference.L)]));
        Assert.False(Ed25519PublicKey.IsWellFormed(signature.AsSpan(0, 63)));
        Assert.False(Ed25519PublicKey.IsWellFormed([.. signature, 0]));
        Assert.False(Ed25519PublicKey.IsWellFormed([]));
    }

    [Theory]
    [MemberData(nameof(SmallOrderPoints))]
    public void TryDecode_PointOfSmallOrder_SaysSo(string encoded) =>
        Assert.True(Ed25519PublicKey.TryDecode(Convert.FromHexString(encoded))!.HasSmallOrder);

    [Theory]
    [MemberData(nameof(NonCanonicalPoints))]
    public void TryDecode_NonCanonicalEncoding_Refuses(string encoded) =>
        Assert.Null(Ed25519PublicKey.TryDecode(Convert.FromHexString(encoded)));

    [Fact]
    public void TryDecode_NotOnTheCurveOrWrongLength_Refuses()
    {
        Assert.Null(Ed25519PublicKey.TryDecode(Convert.FromHexString("0200000000000000000000000000000000000000000000000000000000000000")));
        Assert.Null(Ed25519PublicKey.TryDecode(new byte[31]));
        Assert.Null(Ed25519PublicKey.TryDecode(new byte[33]));
    }

    // The neutral element as R (r = 0) has the encodings y = 1 and y = p + 1; only the first may ever fit.
    [Fact]
    public void Verify_NonCanonicalR_Refuses()
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var publicKey = Ed25519Reference.PublicKey(seed);
        var key = Ed25519PublicKey.TryDecode(publicKey)!;
        byte[] canonical = [1, .. new byte[31]];
        var other = Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

        Assert.True(key.Verify(s_message, Ed25519Reference.Sign(0, canonical, Ed25519Reference.Secret(seed), publicKey, s_message)));
        Assert.False(key.Verify(s_message, Ed25519Reference.Sign(0, other, Ed25519Reference.Secret(seed), publicKey, s_message)));
    }
}
