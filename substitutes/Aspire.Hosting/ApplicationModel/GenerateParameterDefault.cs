using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A default that is a random password.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Letters that look alike are left out.
    private const string LowerSet = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperSet = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericSet = "0123456789";
    private const string SpecialSet = "-_.{}~()*+!";

    /// <summary>The least length.</summary>
    public int MinLength { get; set; } = 22;

    /// <summary>Whether lower-case letters are allowed.</summary>
    public bool Lower { get; set; } = true;

    /// <summary>Whether upper-case letters are allowed.</summary>
    public bool Upper { get; set; } = true;

    /// <summary>Whether digits are allowed.</summary>
    public bool Numeric { get; set; } = true;

    /// <summary>Whether punctuation is allowed.</summary>
    public bool Special { get; set; } = true;

    /// <summary>The least number of lower-case letters.</summary>
    public int MinLower { get; set; }

    /// <summary>The least number of upper-case letters.</summary>
    public int MinUpper { get; set; }

    /// <summary>The least number of digits.</summary>
    public int MinNumeric { get; set; }

    /// <summary>The least number of punctuation characters.</summary>
    public int MinSpecial { get; set; }

    /// <inheritdoc/>
    public override string GetDefaultValue()
    {
        (bool Allowed, string Set, int Min)[] sets =
            [(Lower, LowerSet, MinLower), (Upper, UpperSet, MinUpper), (Numeric, NumericSet, MinNumeric), (Special, SpecialSet, MinSpecial)];
        if (sets.Any(s => !s.Allowed && s.Min > 0))
            throw new InvalidOperationException("A generated value cannot require characters of a kind that is switched off.");

        var all = string.Concat(sets.Where(s => s.Allowed).Select(s => s.Set));
        if (all.Length == 0)
            throw new InvalidOperationException("A generated value needs at least one kind of character.");

        var required = string.Concat(sets.Select(s => RandomNumberGenerator.GetString(s.Set, s.Min)));
        var password = (required + RandomNumberGenerator.GetString(all, Math.Max(0, MinLength - required.Length))).ToCharArray();
        RandomNumberGenerator.Shuffle(password.AsSpan());
        return new string(password);
    }

    /// <inheritdoc/>
    public override void WriteToManifest(Publishing.ManifestPublishingContext context)
    {
        var writer = context.Writer;
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        foreach (var (name, allowed) in new[] { ("lower", Lower), ("upper", Upper), ("numeric", Numeric), ("special", Special) })
        {
            if (!allowed)
                writer.WriteBoolean(name, false);
        }

        foreach (var (name, min) in new[] { ("minLower", MinLower), ("minUpper", MinUpper), ("minNumeric", MinNumeric), ("minSpecial", MinSpecial) })
        {
            if (min != 0)
                writer.WriteNumber(name, min);
        }

        writer.WriteEndObject();
    }
}
