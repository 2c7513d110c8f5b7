"""The verbs that a docstring may begin with. A new verb is one word here; a pronoun, an article or
a question word is none, and neither is "Returns": the docstring says what to do, as a command."""

VERBS: frozenset[str] = frozenset(
    """
    Accept Add Admit Advance Allow Answer Append Apply Arrange Ask Assign Attach Attack Await
    Begin Bind Block Blur Book Boot Bring Build Buy
    Calculate Call Cancel Cast Certify Change Check Choose Claim Classify Clean Clear Close Collect
    Combine Compare Compile Complete Compute Connect Construct Consume Continue Convert Copy Correct
    Count Create Cut
    Damage Decide Declare Decode Decrypt Delete Deliver Deny Derive Describe Detach Detect Discard
    Disconnect Divide Do Draw Drive Drop Dump
    Encode Encrypt End Enlarge Enrol Ensure Enter Escape Establish Estimate Evaluate Examine
    Exchange Execute Exempt Expand Expire Explain Export Express Extend Extract
    Fail Fetch Fill Filter Find Finish Fire Flip Flush Fold Follow Forge Forget Form Format Forward
    Freeze
    Generate Get Give Grant Group Grow Guard
    Halt Hand Handle Hash Hide Hold
    Identify Ignore Import Increase Initialize Insert Inspect Install Interpret Introduce Invent
    Iterate
    Join Judge Jump
    Keep Kill
    Label Lead Leave Lend Let Light Limit List Listen Load Lock Log Look Lose Lower
    Make Map Mark Match Measure Mend Merge Mix Move
    Name Note Notify Number
    Observe Offer Open Order
    Pack Parse Pass Pause Perform Persist Pick Place Plan Plant Play Plug Poll Post Power Prepare
    Present Press Print Produce Prompt Propose Prove Prune Publish Pull Push Put
    Query Queue
    Raise Rate Reach Read Rebuild Receive Reconnect Record Recover Redeem Refresh Refund Refuse
    Register Reissue Reject Release Reload Remember Remove Rename Render Renew Renumber Repair
    Repeat Replace Replay Reply Report Represent Reprint Request Rescale Reserve Reset Resolve
    Restart Restore
    Resume Retry Return Reverse Revoke Ring Rotate Round Run
    Sample Save Say Scale Scan Schedule Search Select Sell Send Serve Set Shift Show Shut Sign
    Simulate Skip Sleep Solve Sort Sound Speak Split Spoil Spread Stage Stamp Start Stop Store Strip
    Subscribe Sum Suspend Swap Switch Synchronize
    Take Tell Test Throw Tick Time Toggle Trace Track Translate Try Turn Type
    Undo Unlock Unpack Unplug Update Upload Use
    Validate Vary Verify Void Vouch
    Wait Wake Walk Warn Watch Weigh Withdraw Wrap Write
    Yield
    """.split()
)
