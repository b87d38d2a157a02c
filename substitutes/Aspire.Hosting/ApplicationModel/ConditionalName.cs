using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Names a conditional expression, so that it can be referred to.</summary>
internal static class ConditionalName
{
    public static string Of(ReferenceExpression expression)
    {
        var condition = expression.Condition is IManifestExpressionProvider provider ? provider.ValueExpression : "condition";
        var readable = string.Concat(condition.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        var identity = string.Join('\n', condition, expression.WhenTrue!.ValueExpression, expression.WhenFalse!.ValueExpression, expression.MatchValue);
        return $"cond-{readable}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..8]}";
    }
}
