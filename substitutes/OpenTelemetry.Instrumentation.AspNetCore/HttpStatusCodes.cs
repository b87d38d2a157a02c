namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Status codes as objects, made once: a tag's value is an object, and every span carries one.</summary>
internal static class HttpStatusCodes
{
    private static readonly object[] s_boxed = [.. Enumerable.Range(0, 600).Select(code => (object)code)];

    public static object Box(int statusCode) => (uint)statusCode < (uint)s_boxed.Length ? s_boxed[statusCode] : statusCode;
}
