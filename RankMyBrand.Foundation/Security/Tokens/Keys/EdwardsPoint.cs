namespace RankMyBrand.Foundation.Security;

/// <summary>
/// A point of edwards25519 in extended coordinates (RFC 8032 section 5.1.4): x = X/Z, y = Y/Z, xy = T/Z. The
/// formulas hold for all points.
/// </summary>
internal readonly struct EdwardsPoint(Field25519 x, Field25519 y, Field25519 z, Field25519 t)
{
    private static readonly Field25519 s_twiceD = Curve25519.D + Curve25519.D;

    private readonly Field25519 _x = x, _y = y, _z = z, _t = t;

    public static EdwardsPoint Neutral { get; } = new(Field25519.Zero, Field25519.One, Field25519.One, Field25519.Zero);

    /// <summary>B: the point with y = 4/5 and an even x.</summary>
    public static EdwardsPoint Base { get; } = FromY(Field25519.FromInteger(4) * Field25519.FromInteger(5).Invert(), odd: false)!.Value;

    /// <summary>Reads 32 bytes; null when they are not the one canonical encoding of a point (RFC 8032 section 5.1.3).</summary>
    public static EdwardsPoint? Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length != Ed25519PublicKey.Length)
            return null;
        var odd = encoded[^1] >> 7 == 1;
        Span<byte> canonical = stackalloc byte[Ed25519PublicKey.Length];
        var y = Field25519.FromBytes(encoded);
        y.WriteTo(canonical);
        canonical[^1] |= (byte)(odd ? 0x80 : 0);
        return canonical.SequenceEqual(encoded) ? FromY(y, odd) : null;
    }

    public void Encode(Span<byte> encoded)
    {
        var inverse = _z.Invert();
        (_y * inverse).WriteTo(encoded);
        encoded[^1] |= (byte)((_x * inverse).IsOdd() ? 0x80 : 0);
    }

    public bool IsNeutral() => _x.IsZero() && (_y - _z).IsZero();

    public static EdwardsPoint operator -(in EdwardsPoint p) => new(-p._x, p._y, p._z, -p._t);

    public static EdwardsPoint operator +(in EdwardsPoint p, in EdwardsPoint q)
    {
        var a = (p._y - p._x) * (q._y - q._x);
        var b = (p._y + p._x) * (q._y + q._x);
        var c = p._t * s_twiceD * q._t;
        var d = (p._z + p._z) * q._z;
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new(e * f, g * h, f * g, e * h);
    }

    public EdwardsPoint Double()
    {
        var (a, b, zz) = (_x.Square(), _y.Square(), _z.Square());
        var h = a + b;
        var e = h - (_x + _y).Square();
        var g = a - b;
        var f = zz + zz + g;
        return new(e * f, g * h, f * g, e * h);
    }

    // Solves x^2 = (y^2 - 1) / (d y^2 + 1) with one power: x = u v^3 (u v^7)^((p-5)/8), times a root of -1 if need be.
    private static EdwardsPoint? FromY(Field25519 y, bool odd)
    {
        var yy = y.Square();
        var (u, v) = (yy - Field25519.One, (Curve25519.D * yy) + Field25519.One);
        var v3 = v.Square() * v;
        var x = u * v3 * (u * v3.Square() * v).PowerForRoot();
        var check = v * x.Square();
        if ((check + u).IsZero())
            x *= Curve25519.RootOfMinusOne;
        else if (!(check - u).IsZero())
            return null;
        if (x.IsZero() && odd)
            return null;
        if (x.IsOdd() != odd)
            x = -x;
        return new EdwardsPoint(x, y, Field25519.One, x * y);
    }
}
