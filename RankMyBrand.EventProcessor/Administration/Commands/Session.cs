using System.Text.Encodings.Web;
using System.Text.Json;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary>One run of a command: what it may use, and where it writes to.</summary>
internal sealed class Session(TextWriter output, TextWriter error, Action<IHostApplicationBuilder>? configure) : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new(DeadLetterDetail.Format)
    {
        WriteIndented = true,
        // It goes to a terminal or a file, not into a page; control characters are escaped all the same.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private IHost? _host;

    public TextWriter Output => output;

    public TextWriter Error => error;

    /// <summary>A service of the event bus. Nothing of the host is started.</summary>
    public T Get<T>()
        where T : notnull => (_host ??= Build()).Services.GetRequiredService<T>();

    public void WriteJson<T>(T value) => output.WriteLine(JsonSerializer.Serialize(value, s_json));

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
    }

    private IHost Build()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        configure?.Invoke(builder);
        builder.AddEventBus();
        return builder.Build();
    }
}
