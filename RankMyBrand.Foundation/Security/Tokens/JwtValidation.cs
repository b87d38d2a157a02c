using System.Diagnostics.CodeAnalysis;

namespace RankMyBrand.Foundation.Security;

/// <summary>The outcome of looking at a token: its content, or the reason of the refusal.</summary>
public readonly record struct JwtValidation
{
    private JwtValidation(ValidatedToken? token, JwtRefusal refusal) => (Token, Refusal) = (token, refusal);

    /// <summary>Whether the token may be trusted.</summary>
    [MemberNotNullWhen(true, nameof(Token))]
    public bool IsValid => Token is not null;

    /// <summary>The content; null when refused.</summary>
    public ValidatedToken? Token { get; }

    /// <summary>Why it was refused; <see cref="JwtRefusal.None"/> when valid.</summary>
    public JwtRefusal Refusal { get; }

    internal static JwtValidation Of(ValidatedToken token) => new(token, JwtRefusal.None);

    internal static JwtValidation Refused(JwtRefusal reason) => new(null, reason);
}
