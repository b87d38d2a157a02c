namespace StackExchange.Redis;

/// <summary>A script with its keys and arguments, which can be written by its text or by its hash.</summary>
internal sealed record ScriptCall(Command ByText, Command ByHash, string Script, RedisKey[]? Keys, RedisValue[]? Values)
{
    public CommandFrame Whole(ConnectionMultiplexer owner) => Arguments(owner.Start(ByText).Add(Script));

    public CommandFrame Hashed(ConnectionMultiplexer owner, string hash) => Arguments(owner.Start(ByHash).Add(hash));

    private CommandFrame Arguments(CommandFrame frame) => frame.Add(Keys?.Length ?? 0).Add(Keys ?? []).Add(Values ?? []);
}

/// <summary>
/// Waits for a script. When the server does not know its hash, which happens after SCRIPT FLUSH or a restart, the text is sent once;
/// a script that was not found has not run, so nothing is done twice.
/// </summary>
internal sealed class ScriptMessage(
    ConnectionMultiplexer owner, ScriptCall call, string hash, int database, Command command, CommandFlags flags, object? asyncState)
    : Message<RedisResult>(command, flags, Replies.Any, asyncState)
{
    private bool _resent;

    public override void Complete(ref RespReader reader)
    {
        if (reader.IsError && !_resent && reader.Payload.StartsWith("NOSCRIPT"u8))
        {
            _resent = true;
            owner.Scripts.Forget();
            try
            {
                owner.Interactive.Send(this, database, call.Whole(owner).Complete());
            }
            catch (ObjectDisposedException e)
            {
                Fail(e);
            }
            return;
        }
        if (!reader.IsError) owner.Scripts.Learn(hash);
        base.Complete(ref reader);
    }
}
